/* What the system says of itself. */
#include "core/boot.h"
#include "core/clock.h"
#include "core/pages.h"
#include "core/string.h"
#include "core/thread.h"
#include "linux/abi.h"
#include "linux/errno.h"
#include "mm/space.h"
#include "mm/user.h"

/* glibc refuses to start on a kernel that is older than it was built for, so this names the Linux
 * whose calls we offer. */
#define RELEASE "6.1.0-meshkernel"

int64_t sys_uname(uaddr_t to) {
    struct linux_utsname name = {.system = "Linux",
                                 .release = RELEASE,
                                 .version = "#1 meshkernel",
                                 .machine = "x86_64",
                                 .domain = "(none)"};

    string_copy(name.node, boot.hostname, sizeof(name.node));
    return put_user(name, to);
}

int64_t sys_sysinfo(uaddr_t to) {
    struct linux_sysinfo info = {.uptime = clock_monotonic() / NANOS_PER_SECOND,
                                 .total_ram = pages_total(),
                                 .free_ram = pages_available(),
                                 .unit = PAGE_SIZE};

    LIST_FOR_EACH(node, &all_threads)
    info.processes += LIST_ENTRY(node, struct thread, all_link)->application;
    return put_user(info, to);
}

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
