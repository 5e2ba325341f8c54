/* Wait queues. */
#include "core/wait.h"

#include "core/clock.h"
#include "core/thread.h"
#include "linux/errno.h"

struct thread_waiter {
    struct waiter waiter;
    struct thread *thread;
};

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

static void wake_thread(struct waiter *waiter, uint32_t events) {
    (void)events;
    thread_wake(CONTAINER_OF(waiter, struct thread_waiter, waiter)->thread, 0);
}

int wait_sleep(struct wait_queue *queue, nanos_t deadline) {
    if (signal_interrupts(current))
        return -EINTR;
    /* An event loop with work to do asks with no time to wait, once a turn. */
    if (deadline != NANOS_NEVER && deadline <= clock_monotonic())
        return -ETIMEDOUT;
    struct thread_waiter waiter = {.waiter.wake = wake_thread, .thread = current};
    wait_add(queue, &waiter.waiter);
    int result = thread_sleep(deadline);
    wait_remove(&waiter.waiter);
    return result;
}
