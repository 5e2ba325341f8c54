#include "core/clock.h"
#include "core/timer.h"
#include "shims.h"

nanos_t shim_now = 1000 * NANOS_PER_SECOND;
uint64_t shim_realtime_offset = UINT64_C(1700000000) * NANOS_PER_SECOND;
static struct list timers = LIST_INIT(timers);

nanos_t clock_monotonic(void) {
    return shim_now;
}

uint64_t clock_realtime(void) {
    return shim_now + shim_realtime_offset;
}

void timer_init(struct timer *timer, void (*expired)(struct timer *timer)) {
    list_init(&timer->link);
    timer->expired = expired;
}

void timer_set(struct timer *timer, nanos_t deadline) {
    list_remove(&timer->link);
    timer->deadline = deadline;
    struct list *position = timers.next;
    while (position != &timers && LIST_ENTRY(position, struct timer, link)->deadline <= deadline)
        position = position->next;
    list_insert_before(position, &timer->link);
}

void timer_cancel(struct timer *timer) {
    list_remove(&timer->link);
}

bool timer_pending(const struct timer *timer) {
    return !list_empty(&timer->link);
}

void shim_advance(nanos_t by) {
    nanos_t end = shim_now + by;

    while (!list_empty(&timers)) {
        struct timer *first = LIST_FIRST(&timers, struct timer, link);

        if (first->deadline > end)
            break;
        shim_now = MAX(shim_now, first->deadline);
        list_remove(&first->link);
        first->expired(first);
    }
    shim_now = end;
}
