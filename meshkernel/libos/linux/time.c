/* Reading clocks and sleeping. The vDSO answers most of the former without coming here. */
#include "core/clock.h"
#include "core/thread.h"
#include "linux/abi.h"
#include "linux/deadline.h"
#include "linux/errno.h"
#include "linux/process.h"
#include "mm/user.h"

#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
#define CLOCK_PROCESS_CPUTIME 2
#define CLOCK_THREAD_CPUTIME 3
#define CLOCK_MONOTONIC_RAW 4
#define CLOCK_REALTIME_COARSE 5
#define CLOCK_MONOTONIC_COARSE 6
#define CLOCK_BOOTTIME 7
#define CLOCK_REALTIME_ALARM 8
#define CLOCK_BOOTTIME_ALARM 9
#define CLOCK_TAI 11

/* A clock made from an id: the id's complement, then whether it is a thread's, then 2 for running
 * time. */
#define DYNAMIC_KIND 7
#define DYNAMIC_PROCESS 2
#define DYNAMIC_THREAD 6

#define TIMER_ABSTIME 1

static struct linux_timespec timespec_of(uint64_t nanoseconds) {
    return (struct linux_timespec){(int64_t)(nanoseconds / NANOS_PER_SECOND),
                                   (int64_t)(nanoseconds % NANOS_PER_SECOND)};
}

static int read_dynamic_clock(int clock, uint64_t *time) {
    int id = ~(clock >> 3);
    if ((clock & DYNAMIC_KIND) == DYNAMIC_PROCESS && (id == 0 || id == process_id)) {
        *time = threads_cpu_time();
        return 0;
    }
    struct thread *thread = id == 0 ? current : thread_find(id);
    if ((clock & DYNAMIC_KIND) != DYNAMIC_THREAD || thread == NULL)
        return -EINVAL;
    *time = thread_cpu_time(thread);
    return 0;
}

static int read_clock(int clock, uint64_t *time) {
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI: /* as on a Linux that nobody told the leap seconds */
        *time = clock_realtime();
        return 0;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
        *time = clock_monotonic();
        return 0;
    case CLOCK_PROCESS_CPUTIME:
        *time = threads_cpu_time();
        return 0;
    case CLOCK_THREAD_CPUTIME:
        *time = thread_cpu_time(current);
        return 0;
    default:
        return clock < 0 ? read_dynamic_clock(clock, time) : -EINVAL;
    }
}

int64_t sys_clock_gettime(int clock, uaddr_t address) {
    uint64_t time;
    int error = read_clock(clock, &time);
    if (error != 0)
        return error;
    struct linux_timespec result = timespec_of(time);
    return put_user(result, address);
}

int64_t sys_clock_getres(int clock, uaddr_t address) {
    uint64_t time;
    const struct linux_timespec resolution = {.nanoseconds = 1};
    int error = read_clock(clock, &time);
    if (error != 0)
        return error;
    return address ? put_user(resolution, address) : 0;
}

/* The wall clock is the host's. */
int64_t sys_clock_settime(void) {
    return -EPERM;
}

int64_t sys_settimeofday(void) {
    return -EPERM;
}

int64_t sys_gettimeofday(uaddr_t time_address, uaddr_t zone_address) {
    uint64_t now = clock_realtime();
    struct linux_timeval time = {(int64_t)(now / NANOS_PER_SECOND),
                                 (int64_t)(now % NANOS_PER_SECOND / NANOS_PER_US)};
    int error = time_address ? put_user(time, time_address) : 0;
    if (error == 0 && zone_address)
        error = clear_user(zone_address, 2 * sizeof(int32_t)); /* UTC, no summer time */
    return error;
}

int64_t sys_time(uaddr_t address) {
    int64_t seconds = (int64_t)(clock_realtime() / NANOS_PER_SECOND);
    int error = address ? put_user(seconds, address) : 0;
    return error ? error : seconds;
}

static int sleep_until(nanos_t deadline) {
    while (clock_monotonic() < deadline) {
        if (signal_interrupts(current))
            return -EINTR;
        int result = thread_sleep(deadline);
        if (result == -EINTR)
            return result;
    }
    return 0;
}

static int64_t sleep_for(uint64_t nanoseconds, uaddr_t left_address) {
    nanos_t deadline = deadline_after(nanoseconds);
    int result = sleep_until(deadline);
    if (result == -EINTR && left_address) {
        struct linux_timespec left = time_left(deadline);
        int error = put_user(left, left_address);
        return error ? error : result;
    }
    return result;
}

/* An instant of the wall clock, by the offset that it has now. */
static nanos_t monotonic_of(uint64_t realtime) {
    uint64_t now = clock_realtime();
    return realtime > now ? deadline_after(realtime - now) : 0;
}

int64_t sys_clock_nanosleep(int clock, int flags, uaddr_t address, uaddr_t left_address) {
    struct linux_timespec time;
    uint64_t nanoseconds, now;
    int error = read_clock(clock, &now);
    if (error != 0)
        return error;
    if (clock == CLOCK_THREAD_CPUTIME)
        return -EINVAL;
    if (clock < 0 || clock == CLOCK_PROCESS_CPUTIME || clock == CLOCK_MONOTONIC_RAW)
        return -EOPNOTSUPP;
    if ((error = get_user(time, address)) != 0 || (error = nanoseconds_of(time, &nanoseconds)) != 0)
        return error;
    if (!(flags & TIMER_ABSTIME))
        return sleep_for(nanoseconds, left_address);
    bool wall = clock == CLOCK_REALTIME || clock == CLOCK_TAI || clock == CLOCK_REALTIME_ALARM;
    return sleep_until(wall ? monotonic_of(nanoseconds) : nanoseconds);
}

int64_t sys_nanosleep(uaddr_t address, uaddr_t left_address) {
    return sys_clock_nanosleep(CLOCK_MONOTONIC, 0, address, left_address);
}
