/* The frame that a signal handler runs on, and the way back from it. Layout: Linux, x86-64. */
#pragma once

#include "linux/signal_state.h"

/* Saves the registers on the application's stack and points the frame at the handler; false when
 * the stack cannot be written. `mask` comes back with rt_sigreturn. */
bool signal_frame_push(struct trap_frame *frame, int signal, const struct linux_sigaction *action,
                       const struct linux_siginfo *info, uint64_t mask);

/* Bytes that a handler's frame takes at most (AT_MINSIGSTKSZ). */
size_t signal_frame_size(void);
