/* alarm and the interval timers: of real time, and of the processor's time that the program has
 * used. All of what it uses counts as the application's, so the last two measure the same and
 * differ in their signals. */
#include "core/clock.h"
#include "core/thread.h"
#include "core/timer.h"
#include "linux/abi.h"
#include "linux/errno.h"
#include "linux/signal.h"
#include "mm/user.h"
#include "seal/seal.h"

#define ITIMER_REAL 0
#define ITIMER_VIRTUAL 1
#define ITIMER_PROF 2
#define ITIMER_COUNT 3
#define SECONDS_MAX (INT64_C(1) << 32)

/* Used time stands still while the machine is idle, and then a look at it costs a wake-up: no more
 * than Linux with 100 ticks a second makes of them, which is the resolution of these two there,
 * too. */
#define IDLE_LOOK (10 * NANOS_PER_MS)

struct itimer {
    struct timer timer;
    nanos_t end; /* by the clock that it counts; 0: not set */
    nanos_t interval;
};

static const int signals[ITIMER_COUNT] = {SIGALRM, SIGVTALRM, SIGPROF};
static struct itimer itimers[ITIMER_COUNT];

static bool is_valid(int which) {
    return which >= 0 && which < ITIMER_COUNT;
}

static nanos_t now_of(const struct itimer *itimer) {
    return itimer == &itimers[ITIMER_REAL] ? clock_monotonic() : threads_cpu_time();
}

/* Used time runs at most as fast as real time: looking again after what is left never comes late.
 */
static void arm(struct itimer *itimer, nanos_t left) {
    bool counts_use = itimer != &itimers[ITIMER_REAL];

    if (counts_use && threads_idle())
        left = MAX(left, IDLE_LOOK);
    timer_set(&itimer->timer, clock_monotonic() + left);
}

static void expired(struct timer *timer) {
    struct itimer *itimer = CONTAINER_OF(timer, struct itimer, timer);
    nanos_t now = now_of(itimer);

    if (now < itimer->end) {
        arm(itimer, itimer->end - now);
        return;
    }
    itimer->end = itimer->interval ? MAX(itimer->end + itimer->interval, now) : 0;
    if (itimer->end)
        arm(itimer, itimer->end - now);
    signal_raise_process(signals[itimer - itimers]);
}

static nanos_t left(const struct itimer *itimer) {
    if (itimer->end == 0)
        return 0;
    nanos_t now = now_of(itimer);

    return itimer->end > now ? itimer->end - now : NANOS_PER_US;
}

static void start(struct itimer *itimer, nanos_t value, nanos_t repeat) {
    if (itimer->timer.expired == NULL)
        timer_init(&itimer->timer, expired);
    timer_cancel(&itimer->timer);
    itimer->interval = repeat;
    itimer->end = value ? now_of(itimer) + value : 0;
    if (value)
        arm(itimer, value);
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
    nanos_t before = left(&itimers[ITIMER_REAL]);
    uint64_t rounded = (before + NANOS_PER_SECOND / 2) / NANOS_PER_SECOND;

    start(&itimers[ITIMER_REAL], seconds * NANOS_PER_SECOND, 0);
    return before && rounded == 0 ? 1 : (int64_t)rounded;
}

static void hinder_seal(struct text *lines) {
    static const char *const names[ITIMER_COUNT] = {"real", "virtual", "profiling"};

    for (int which = 0; which < ITIMER_COUNT; which++)
        if (itimers[which].end)
            text_print(lines, "timer of %s time\n", names[which]);
}
SEAL_HINDRANCE(hinder_seal);

int64_t sys_getitimer(int which, uaddr_t to) {
    if (!is_valid(which))
        return -EINVAL;
    const struct itimer *itimer = &itimers[which];
    struct linux_itimerval value = {to_timeval(itimer->interval), to_timeval(left(itimer))};

    return put_user(value, to);
}

int64_t sys_setitimer(int which, uaddr_t new, uaddr_t old) {
    struct linux_itimerval value = {0};
    nanos_t first, repeat;

    if (!is_valid(which))
        return -EINVAL;
    if (new && get_user(value, new) != 0)
        return -EFAULT;
    if (!to_nanos(&value.value, &first) || !to_nanos(&value.interval, &repeat))
        return -EINVAL;
    if (old && sys_getitimer(which, old) != 0)
        return -EFAULT;
    start(&itimers[which], first, repeat);
    return 0;
}
