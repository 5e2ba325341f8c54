#include "ipc/timerfd/timerfd.h"

#include "core/alloc.h"
#include "core/clock.h"
#include "core/timer.h"
#include "fs/descriptor.h"
#include "linux/errno.h"
#include "seal/seal.h"

struct timerfd {
    struct timer timer;
    struct file *file;
    bool realtime;
    nanos_t interval;
    uint64_t expirations; /* not yet read */
};

static const struct file_ops timerfd_ops;

bool is_timerfd(const struct file *file) {
    return file->ops == &timerfd_ops;
}

/* A machine that was held up may find several intervals gone at once: they are one wake-up, and are
 * all counted. */
static void expired(struct timer *timer) {
    struct timerfd *self = CONTAINER_OF(timer, struct timerfd, timer);
    nanos_t due = timer->deadline, now = clock_monotonic();
    uint64_t times = 1;

    if (self->interval) {
        if (now > due)
            times += (now - due) / self->interval;
        /* The sum of `due` and all but the last interval is not later than now. */
        due += (times - 1) * self->interval;
        bool far = self->interval > NANOS_NEVER - 1 - due;
        timer_set(timer, far ? NANOS_NEVER - 1 : due + self->interval);
    }
    self->expirations += times;
    wait_wake(&self->file->waiters, EPOLLIN);
}

static ssize_t timerfd_read(struct file *file, struct io *io, uint64_t *offset) {
    struct timerfd *self = file->private;

    (void)offset;
    if (io->left < sizeof(uint64_t))
        return -EINVAL;
    if (self->expirations == 0 && file->flags & O_NONBLOCK)
        return -EAGAIN;
    int error = WAIT_UNTIL(&file->waiters, NANOS_NEVER, self->expirations > 0);
    if (error)
        return error;
    ssize_t count = io_to_user(io, &self->expirations, sizeof(uint64_t));
    if (count != sizeof(uint64_t))
        return -EFAULT;
    self->expirations = 0;
    return count;
}

static uint32_t timerfd_poll(struct file *file) {
    return ((struct timerfd *)file->private)->expirations ? EPOLLIN : 0;
}

static void timerfd_release(struct file *file) {
    struct timerfd *self = file->private;

    timer_cancel(&self->timer);
    kfree(self);
}

static const struct file_ops timerfd_ops = {
    .read = timerfd_read,
    .poll = timerfd_poll,
    .release = timerfd_release,
};

struct file *timerfd_new(bool realtime, int flags) {
    struct timerfd *self = knew(struct timerfd);

    if (self == NULL)
        return NULL;
    self->file = file_new(&timerfd_ops, self, O_RDWR | flags);
    if (self->file == NULL) {
        kfree(self);
        return NULL;
    }
    self->realtime = realtime;
    timer_init(&self->timer, expired);
    return self->file;
}

static void hinder_seal(struct text *lines) {
    for (int fd = fd_next(0); fd >= 0; fd = fd_next(fd + 1)) {
        const struct file *file = fd_file(fd);

        if (is_timerfd(file) && timer_pending(&((struct timerfd *)file->private)->timer))
            text_print(lines, "timer of descriptor %d\n", fd);
    }
}
SEAL_HINDRANCE(hinder_seal);

/* An instant of the timer's clock on the monotonic clock; what has passed is due at once. */
static nanos_t monotonic_of(const struct timerfd *self, uint64_t instant) {
    uint64_t offset = self->realtime ? clock_realtime() - clock_monotonic() : 0;

    return instant > offset ? instant - offset : 1;
}

void timerfd_set(struct file *file, uint64_t value, uint64_t interval, bool absolute) {
    struct timerfd *self = file->private;
    nanos_t now = clock_monotonic();

    timer_cancel(&self->timer);
    self->expirations = 0;
    self->interval = interval;
    if (value == 0)
        return;
    nanos_t due = absolute                        ? monotonic_of(self, value)
                  : value > NANOS_NEVER - 1 - now ? NANOS_NEVER - 1
                                                  : now + value;
    timer_set(&self->timer, due);
}

uint64_t timerfd_left(const struct file *file, uint64_t *interval) {
    const struct timerfd *self = file->private;
    nanos_t now = clock_monotonic();

    *interval = self->interval;
    if (!timer_pending(&self->timer))
        return 0;
    return self->timer.deadline > now ? self->timer.deadline - now : 1;
}
