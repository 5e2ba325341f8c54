/* Waiting for something to happen.
 *
 * The library OS runs with interrupts off and gives the CPU up only in schedule(), so there is
 * no race between testing a condition and going to sleep: test, wait, test again.
 */
#pragma once

#include "core/list.h"
#include "core/types.h"

struct waiter {
    struct list link;
    /* Called with the readiness bits (EPOLL*) that caused the wake-up; must not sleep. */
    void (*wake)(struct waiter *waiter, uint32_t events);
};

struct wait_queue {
    struct list waiters;
};

void wait_queue_init(struct wait_queue *queue);
void wait_add(struct wait_queue *queue, struct waiter *waiter);
void wait_remove(struct waiter *waiter);

/* Calls every waiter of the queue. */
void wait_wake(struct wait_queue *queue, uint32_t events);

/* Puts the running thread to sleep on the queue until it is woken, a signal arrives for it or the
 * deadline passes. Returns 0, -EINTR or -ETIMEDOUT. Spurious wake-ups are allowed. */
int wait_sleep(struct wait_queue *queue, nanos_t deadline);

/* Evaluates to 0 once `condition` holds, else to -EINTR or -ETIMEDOUT. */
#define WAIT_UNTIL(queue, deadline, condition)                                                     \
    ({                                                                                             \
        int wait_result_ = 0;                                                                      \
        while (!(condition) && (wait_result_ = wait_sleep((queue), (deadline))) == 0)              \
            ;                                                                                      \
        wait_result_;                                                                              \
    })
