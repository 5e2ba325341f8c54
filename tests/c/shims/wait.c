#include "core/wait.h"
#include "core/clock.h"
#include "linux/errno.h"
#include "shims.h"
#include <stdio.h>
#include <stdlib.h>

bool shim_signal_waiting;

int shim_sleep_until_deadline(nanos_t deadline) {
    if (deadline == NANOS_NEVER) {
        fprintf(stderr, "the thread would sleep for ever\n");
        abort();
    }
    if (deadline > shim_now)
        shim_advance(deadline - shim_now);
    return -ETIMEDOUT;
}

int (*shim_sleep)(nanos_t deadline) = shim_sleep_until_deadline;

void wait_queue_init(struct wait_queue *queue) {
    list_init(&queue->waiters);
}

void wait_add(struct wait_queue *queue, struct waiter *waiter) {
    list_append(&queue->waiters, &waiter->link);
}

void wait_remove(struct waiter *waiter) {
    list_remove(&waiter->link);
}

void wait_wake(struct wait_queue *queue, uint32_t events) {
    LIST_FOR_EACH(node, &queue->waiters) {
        struct waiter *waiter = LIST_ENTRY(node, struct waiter, link);

        waiter->wake(waiter, events);
    }
}

int wait_sleep(struct wait_queue *queue, nanos_t deadline) {
    (void)queue;
    if (shim_signal_waiting)
        return -EINTR;
    if (deadline <= clock_monotonic())
        return -ETIMEDOUT;
    return shim_sleep(deadline);
}
