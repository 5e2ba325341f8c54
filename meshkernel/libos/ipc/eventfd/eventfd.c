#include "ipc/eventfd/eventfd.h"

#include "core/alloc.h"
#include "linux/errno.h"

#define VALUE_MAX (UINT64_MAX - 1)

struct eventfd {
    uint64_t value;
    bool semaphore;
};

static ssize_t eventfd_read(struct file *file, struct io *io, uint64_t *offset) {
    struct eventfd *event = file->private;

    (void)offset;
    if (io->left < sizeof(uint64_t))
        return -EINVAL;
    if (event->value == 0 && file->flags & O_NONBLOCK)
        return -EAGAIN;
    int error = WAIT_UNTIL(&file->waiters, NANOS_NEVER, event->value > 0);
    if (error)
        return error;
    uint64_t taken = event->semaphore ? 1 : event->value;
    ssize_t count = io_to_user(io, &taken, sizeof(taken));
    if (count != sizeof(taken))
        return -EFAULT;
    event->value -= taken;
    wait_wake(&file->waiters, EPOLLOUT);
    return count;
}

static ssize_t eventfd_write(struct file *file, struct io *io, uint64_t *offset) {
    struct eventfd *event = file->private;
    uint64_t added;

    (void)offset;
    if (io->left < sizeof(added))
        return -EINVAL;
    if (io_from_user(io, &added, sizeof(added)) != sizeof(added))
        return -EFAULT;
    if (added > VALUE_MAX)
        return -EINVAL;
    if (added > VALUE_MAX - event->value && file->flags & O_NONBLOCK)
        return -EAGAIN;
    int error = WAIT_UNTIL(&file->waiters, NANOS_NEVER, added <= VALUE_MAX - event->value);
    if (error)
        return error;
    event->value += added;
    wait_wake(&file->waiters, EPOLLIN);
    return sizeof(added);
}

static uint32_t eventfd_poll(struct file *file) {
    const struct eventfd *event = file->private;

    return (event->value > 0 ? EPOLLIN : 0) | (event->value < VALUE_MAX ? EPOLLOUT : 0);
}

static void eventfd_release(struct file *file) {
    kfree(file->private);
}

static const struct file_ops eventfd_ops = {
    .read = eventfd_read,
    .write = eventfd_write,
    .poll = eventfd_poll,
    .release = eventfd_release,
};

struct file *eventfd_new(uint64_t value, bool semaphore, int flags) {
    struct eventfd *event = knew(struct eventfd);
    struct file *file = event ? file_new(&eventfd_ops, event, O_RDWR | flags) : NULL;

    if (file == NULL) {
        kfree(event);
        return NULL;
    }
    *event = (struct eventfd){value, semaphore};
    return file;
}
