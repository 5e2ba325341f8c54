/* Signals. The numbers and codes are Linux's.
 *
 * A signal becomes pending by signal_raise (one thread) or signal_raise_process (any thread that
 * does not block it) and is delivered when that thread goes back into the application. One that all
 * threads block waits until one of them no longer does. */
#pragma once

#include "core/thread.h"
#include "core/types.h"
#include "linux/abi.h"

#define SIGHUP 1
#define SIGINT 2
#define SIGQUIT 3
#define SIGILL 4
#define SIGTRAP 5
#define SIGABRT 6
#define SIGBUS 7
#define SIGFPE 8
#define SIGKILL 9
#define SIGUSR1 10
#define SIGSEGV 11
#define SIGUSR2 12
#define SIGPIPE 13
#define SIGALRM 14
#define SIGTERM 15
#define SIGCHLD 17
#define SIGCONT 18
#define SIGSTOP 19
#define SIGTSTP 20
#define SIGTTIN 21
#define SIGTTOU 22
#define SIGURG 23
#define SIGVTALRM 26
#define SIGPROF 27
#define SIGWINCH 28
#define SIGSYS 31

#define SIGNAL_BIT(signal) (UINT64_C(1) << ((signal) - 1))

/* si_code */
#define SI_USER 0
#define SI_KERNEL 0x80
#define SI_QUEUE (-1)
#define SI_TKILL (-6)
#define SEGV_MAPERR 1
#define SEGV_ACCERR 2
#define BUS_ADRALN 1
#define BUS_ADRERR 2
#define FPE_INTDIV 1
#define FPE_FLTINV 7
#define ILL_ILLOPN 2
#define TRAP_BRKPT 1

/* The number given to signal_deliver when no system call is being returned from. */
#define SIGNAL_NO_CALL (-1)

/* For a call that may be started again when the handler has SA_RESTART; else it becomes -EINTR. A
 * plain -EINTR is restarted too for the calls that Linux restarts (signal.c has the list). */
#define ERESTARTSYS 512

void signal_raise(struct thread *thread, int signal);
void signal_raise_process(int signal);

/* True when signal_deliver has work to do for the running thread: test it on each way back into the
 * application. */
static inline bool signal_due(void) {
    return (current->signal_pending & ~current->signal_mask) != 0 || current->signal_restore_mask;
}

/* Called just before going back into the application, interrupts off, on the thread's own stack,
 * with the registers that the application will get. `number`: the system call that returns (its
 * result is in frame->rax already), or SIGNAL_NO_CALL after an interrupt or a fault. May redirect
 * the frame to a handler, set up a restart, or end the service. A result of -ERESTARTSYS must
 * always come here: the application does not know it. */
void signal_deliver(struct trap_frame *frame, int64_t number);

/* A fault that the application made (an exception other than a page fault that space_fault solves),
 * on the thread's own stack. Redirects the frame to the handler of the signal, or ends the service
 * with one sentence, registers and Python stack. */
void signal_fault(struct trap_frame *frame, int signal, int code, uaddr_t address);

/* For ppoll, pselect, epoll_pwait: `set` is the application's pointer to 8 bytes, or 0 for none.
 * The old mask comes back on the way out of the call. 0 or -errno. */
int signal_set_temporary_mask(uaddr_t set, size_t size);

/* A new thread takes over the mask of its parent; called by clone. */
void signal_thread_init(struct thread *thread, const struct thread *parent);
