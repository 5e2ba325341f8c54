/* poll and ppoll: one waiter for each descriptor while the thread sleeps. */
#include "ipc/poll/poll.h"
#include "core/alloc.h"
#include "core/thread.h"
#include "linux/deadline.h"
#include "linux/files.h"
#include "linux/signal.h"

#define POLLRDNORM 0x40u
#define POLLRDBAND 0x80u
#define POLLWRNORM 0x100u
#define ALWAYS (EPOLLERR | EPOLLHUP | POLLNVAL)
#define ON_STACK 8

struct poll_waiter {
    struct waiter waiter;
    struct thread *thread;
    struct file *file; /* with a reference: another thread may close the descriptor */
};

/* A file that cannot say is always ready. */
static uint32_t readiness(struct file *file) {
    uint32_t ready = file->ops->poll ? file->ops->poll(file) : EPOLLIN | EPOLLOUT;

    return ready | (ready & EPOLLIN ? POLLRDNORM : 0) | (ready & EPOLLOUT ? POLLWRNORM : 0);
}

/* Looks at all; how many are ready. */
static int scan(struct poll_entry *entries, const struct poll_waiter *waiters, size_t count) {
    int ready = 0;

    for (size_t i = 0; i < count; i++) {
        struct file *file = waiters ? waiters[i].file : usable_file(entries[i].fd);

        entries[i].ready = 0;
        if (entries[i].fd < 0)
            continue;
        entries[i].ready = (file ? readiness(file) : POLLNVAL) & (entries[i].events | ALWAYS);
        ready += entries[i].ready != 0;
    }
    return ready;
}

static void wake(struct waiter *waiter, uint32_t events) {
    (void)events;
    thread_wake(CONTAINER_OF(waiter, struct poll_waiter, waiter)->thread, 0);
}

static void watch(const struct poll_entry *entries, struct poll_waiter *waiters, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct file *file = usable_file(entries[i].fd);

        waiters[i] = (struct poll_waiter){.waiter.wake = wake, .thread = current, .file = file};
        if (file == NULL)
            continue;
        file_get(file);
        wait_add(&file->waiters, &waiters[i].waiter);
    }
}

static void unwatch(struct poll_waiter *waiters, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (waiters[i].file == NULL)
            continue;
        wait_remove(&waiters[i].waiter);
        file_put(waiters[i].file);
    }
}

/* Nothing can become ready between a look and going to sleep (core/wait.h). */
static int sleep_until_ready(struct poll_entry *entries, const struct poll_waiter *waiters,
                             size_t count, nanos_t deadline) {
    for (;;) {
        if (signal_interrupts(current))
            return -EINTR;
        int result = thread_sleep(deadline);
        int ready = scan(entries, waiters, count);

        if (ready || result == -ETIMEDOUT)
            return ready;
        if (result)
            return result;
    }
}

int poll_wait(struct poll_entry *entries, size_t count, nanos_t deadline) {
    struct poll_waiter few[ON_STACK], *waiters = few;
    int ready = scan(entries, NULL, count);

    if (ready || deadline <= clock_monotonic())
        return ready;
    if (count > ON_STACK)
        waiters = kmalloc(count * sizeof(*waiters));
    if (waiters == NULL)
        return -ENOMEM;
    watch(entries, waiters, count);
    ready = sleep_until_ready(entries, waiters, count, deadline);
    unwatch(waiters, count);
    if (waiters != few)
        kfree(waiters);
    return ready;
}

struct linux_pollfd {
    int32_t fd;
    int16_t events;
    int16_t ready;
};

static int entries_from_user(struct poll_entry *entries, uaddr_t address, size_t count) {
    struct linux_pollfd descriptor;

    for (size_t i = 0; i < count; i++) {
        if (get_user(descriptor, address + i * sizeof(descriptor)))
            return -EFAULT;
        entries[i] = (struct poll_entry){descriptor.fd, (uint16_t)descriptor.events, 0};
    }
    return 0;
}

static int entries_to_user(const struct poll_entry *entries, uaddr_t address, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int16_t ready = (int16_t)entries[i].ready;
        uaddr_t to = address + i * sizeof(struct linux_pollfd);

        if (put_user(ready, to + offsetof(struct linux_pollfd, ready)))
            return -EFAULT;
    }
    return 0;
}

static int64_t poll_user(uaddr_t address, size_t count, nanos_t deadline) {
    struct poll_entry few[ON_STACK], *entries = few;

    if (count > DESCRIPTORS_MAX)
        return -EINVAL;
    if (count > ON_STACK)
        entries = kmalloc(count * sizeof(*entries));
    if (entries == NULL)
        return -ENOMEM;
    int result = entries_from_user(entries, address, count);
    if (result == 0)
        result = poll_wait(entries, count, deadline);
    if (result >= 0 && entries_to_user(entries, address, count))
        result = -EFAULT;
    if (entries != few)
        kfree(entries);
    return result;
}

int64_t sys_poll(uaddr_t descriptors, unsigned count, int timeout) {
    return poll_user(descriptors, count, deadline_of_ms(timeout));
}

int64_t sys_ppoll(uaddr_t descriptors, unsigned count, uaddr_t timeout, uaddr_t mask,
                  size_t mask_size) {
    nanos_t deadline;
    int error = deadline_from_user(timeout, &deadline);

    if (error == 0)
        error = signal_set_temporary_mask(mask, mask_size);
    if (error)
        return error;
    int64_t result = poll_user(descriptors, count, deadline);
    if (timeout) {
        struct linux_timespec left = time_left(deadline);

        if (put_user(left, timeout) && result >= 0)
            result = -EFAULT;
    }
    return result;
}
