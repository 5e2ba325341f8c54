/* Between the files of the signals: what is set for each signal, and how one becomes pending. */
#pragma once

#include "arch/x86_64/trap.h"
#include "linux/signal.h"

#define SIG_DFL 0
#define SIG_IGN 1

#define SA_SIGINFO 0x4u
#define SA_ONSTACK 0x08000000u
#define SA_RESTART 0x10000000u
#define SA_NODEFER 0x40000000u
#define SA_RESETHAND 0x80000000u
#define SA_RESTORER 0x04000000u

#define SIGNAL_UNBLOCKABLE (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))

static inline bool signal_is_valid(int signal) {
    return signal >= 1 && signal <= SIGNAL_COUNT;
}

struct linux_sigaction *signal_action(int signal);

/* What the newest signal of this number brought along; filled before it becomes pending. */
struct linux_siginfo *signal_info(int signal);

/* Makes it pending for one thread, or (NULL) for the process; ignored ones vanish. */
void signal_post(struct thread *thread, int signal, const struct linux_siginfo *info);

/* Sets the running thread's mask; a signal of the process that waited for it comes to this thread.
 */
void signal_set_mask(uint64_t mask);

/* All that is pending for the running thread, blocked or not. */
uint64_t signal_all_pending(void);

/* Takes one pending signal of the set off the running thread; 0 when there is none. */
int signal_take(uint64_t set);
