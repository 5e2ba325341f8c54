/* Futexes, for those outside of the system calls who wake them. */
#pragma once

#include "core/types.h"

struct thread;

/* Wakes up to `count` waiters of the word; returns how many. */
int futex_wake(uaddr_t address, int count);

/* Marks the robust futexes that a dying thread holds, and wakes one waiter of each. */
void futex_release_robust(struct thread *thread);
