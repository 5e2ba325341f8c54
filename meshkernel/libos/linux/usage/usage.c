/* What the application has used. */
#include "core/clock.h"
#include "core/thread.h"
#include "linux/abi.h"
#include "linux/errno.h"
#include "mm/space.h"
#include "mm/user.h"

/* All of it counts as the application's: a system call is a part of its program here. */
static struct linux_timeval to_timeval(nanos_t time) {
    return (struct linux_timeval){.seconds = time / NANOS_PER_SECOND,
                                  .microseconds = time % NANOS_PER_SECOND / NANOS_PER_US};
}

#define RUSAGE_CHILDREN (-1)
#define RUSAGE_THREAD 1

int64_t sys_getrusage(int who, uaddr_t to) {
    struct linux_rusage usage = {0};

    if (who < RUSAGE_CHILDREN || who > RUSAGE_THREAD)
        return -EINVAL;
    if (who != RUSAGE_CHILDREN) {
        usage.user =
            to_timeval(who == RUSAGE_THREAD ? thread_cpu_time(current) : threads_cpu_time());
        usage.max_resident_kib = space_resident() >> 10;
    }
    return put_user(usage, to);
}

#define TICK (NANOS_PER_SECOND / 100) /* AT_CLKTCK */

int64_t sys_times(uaddr_t to) {
    int64_t ticks = clock_monotonic() / TICK;
    struct {
        int64_t user, system, children_user, children_system;
    } times = {.user = threads_cpu_time() / TICK};

    if (to && put_user(times, to) != 0)
        return -EFAULT;
    return ticks;
}
