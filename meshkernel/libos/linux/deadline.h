/* Time limits of system calls that wait. */
#pragma once

#include "core/clock.h"
#include "linux/abi.h"
#include "linux/errno.h"
#include "mm/user.h"

/* The instant so many nanoseconds from now. */
static inline nanos_t deadline_after(uint64_t nanoseconds) {
    nanos_t now = clock_monotonic();

    return nanoseconds >= NANOS_NEVER - now ? NANOS_NEVER : now + nanoseconds;
}

/* poll and epoll_wait: negative is for ever. */
static inline nanos_t deadline_of_ms(int milliseconds) {
    return milliseconds < 0 ? NANOS_NEVER : deadline_after((uint64_t)milliseconds * NANOS_PER_MS);
}

static inline int nanoseconds_of(struct linux_timespec time, uint64_t *nanoseconds) {
    if (time.seconds < 0 || time.nanoseconds < 0 || time.nanoseconds >= (int64_t)NANOS_PER_SECOND)
        return -EINVAL;
    *nanoseconds = (uint64_t)time.seconds >= NANOS_NEVER / NANOS_PER_SECOND
                       ? NANOS_NEVER - 1
                       : (uint64_t)time.seconds * NANOS_PER_SECOND + (uint64_t)time.nanoseconds;
    return 0;
}

/* A relative timespec of the application; address 0 is for ever. 0 or -errno. */
static inline int deadline_from_user(uaddr_t address, nanos_t *deadline) {
    struct linux_timespec time;
    uint64_t nanoseconds;

    *deadline = NANOS_NEVER;
    if (address == 0)
        return 0;
    int error = get_user(time, address);
    if (error == 0)
        error = nanoseconds_of(time, &nanoseconds);
    if (error == 0)
        *deadline = deadline_after(nanoseconds);
    return error;
}

/* What is left until the deadline, 0 when it has passed. */
static inline struct linux_timespec time_left(nanos_t deadline) {
    nanos_t now = clock_monotonic();
    nanos_t left = deadline > now ? deadline - now : 0;

    return (struct linux_timespec){(int64_t)(left / NANOS_PER_SECOND),
                                   (int64_t)(left % NANOS_PER_SECOND)};
}
