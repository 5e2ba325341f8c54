#include "ipc/timerfd/timerfd.h"
#include "linux/deadline.h"
#include "linux/files.h"

#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
#define CLOCK_BOOTTIME 7
#define CLOCK_REALTIME_ALARM 8
#define CLOCK_BOOTTIME_ALARM 9
#define TFD_TIMER_ABSTIME 1
#define TFD_TIMER_CANCEL_ON_SET 2

struct linux_itimerspec {
    struct linux_timespec interval, value;
};

int64_t sys_timerfd_create(int clock, int flags) {
    bool realtime = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM;

    if (flags & ~(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    if (!realtime && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME &&
        clock != CLOCK_BOOTTIME_ALARM)
        return -EINVAL;
    return install_new(timerfd_new(realtime, flags & O_NONBLOCK), flags & O_CLOEXEC);
}

static struct linux_timespec timespec_of(uint64_t nanoseconds) {
    return (struct linux_timespec){(int64_t)(nanoseconds / NANOS_PER_SECOND),
                                   (int64_t)(nanoseconds % NANOS_PER_SECOND)};
}

static int tell(const struct file *file, uaddr_t to) {
    uint64_t interval;
    struct linux_itimerspec setting = {.value = timespec_of(timerfd_left(file, &interval))};

    setting.interval = timespec_of(interval);
    return put_user(setting, to);
}

int64_t sys_timerfd_settime(int fd, int flags, uaddr_t new, uaddr_t old) {
    struct file *file = usable_file(fd);
    struct linux_itimerspec setting;
    uint64_t value, interval;

    if (file == NULL)
        return -EBADF;
    if (!is_timerfd(file) || flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET))
        return -EINVAL;
    if (get_user(setting, new))
        return -EFAULT;
    if (nanoseconds_of(setting.value, &value) || nanoseconds_of(setting.interval, &interval))
        return -EINVAL;
    if (old && tell(file, old))
        return -EFAULT;
    timerfd_set(file, value, interval, flags & TFD_TIMER_ABSTIME);
    return 0;
}

int64_t sys_timerfd_gettime(int fd, uaddr_t to) {
    const struct file *file = usable_file(fd);

    if (file == NULL)
        return -EBADF;
    return is_timerfd(file) ? tell(file, to) : -EINVAL;
}
