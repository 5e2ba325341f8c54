/* alarm and the real-time interval timer. The two that count CPU time are not offered: there is
 * nobody to share the CPU with but our own threads. */
#include "core/clock.h"
#include "core/thread.h"
#include "core/timer.h"
#include "linux/abi.h"
#include "linux/errno.h"
#include "linux/signal.h"
#include "mm/user.h"

#define ITIMER_REAL 0
#define SECONDS_MAX (INT64_C(1) << 32)

static struct timer timer;
static nanos_t interval;
static bool ready;

static void expired(struct timer *self) {
    if (interval)
        timer_set(self, MAX(self->deadline + interval, clock_monotonic()));
    signal_raise_process(SIGALRM);
}

static nanos_t left(void) {
    if (!ready || !timer_pending(&timer))
        return 0;
    nanos_t now = clock_monotonic();

    return timer.deadline > now ? timer.deadline - now : NANOS_PER_US;
}

static void start(nanos_t value, nanos_t repeat) {
    if (!ready)
        timer_init(&timer, expired);
    ready = true;
    timer_cancel(&timer);
    interval = repeat;
    if (value)
        timer_set(&timer, clock_monotonic() + value);
}

static bool to_nanos(const struct linux_timeval *time, nanos_t *nanos) {
    if (time->seconds < 0 || (uint64_t)time->microseconds >= 1000000)
        return false;
    *nanos = (nanos_t)MIN(time->seconds, SECONDS_MAX) * NANOS_PER_SECOND +
             (nanos_t)time->microseconds * NANOS_PER_US;
    return true;
}

static struct linux_timeval to_timeval(nanos_t nanos) {
    return (struct linux_timeval){.seconds = nanos / NANOS_PER_SECOND,
                                  .microseconds = nanos % NANOS_PER_SECOND / NANOS_PER_US};
}

/* Rounded to the nearest second, but never to none while one is set. */
int64_t sys_alarm(uint32_t seconds) {
    nanos_t before = left();
    uint64_t rounded = (before + NANOS_PER_SECOND / 2) / NANOS_PER_SECOND;

    start(seconds * NANOS_PER_SECOND, 0);
    return before && rounded == 0 ? 1 : (int64_t)rounded;
}

int64_t sys_getitimer(int which, uaddr_t to) {
    struct linux_itimerval value = {to_timeval(interval), to_timeval(left())};

    return which == ITIMER_REAL ? put_user(value, to) : -EINVAL;
}

int64_t sys_setitimer(int which, uaddr_t new, uaddr_t old) {
    struct linux_itimerval value = {0};
    nanos_t first, repeat;

    if (which != ITIMER_REAL)
        return -EINVAL;
    if (new && get_user(value, new) != 0)
        return -EFAULT;
    if (!to_nanos(&value.value, &first) || !to_nanos(&value.interval, &repeat))
        return -EINVAL;
    if (old && sys_getitimer(which, old) != 0)
        return -EFAULT;
    start(first, repeat);
    return 0;
}
