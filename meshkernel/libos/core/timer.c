/* Timers, in a list by deadline: there are few at a time. The hardware is armed again only for a
 * deadline earlier than the one it waits for; a cancelled timer costs one interrupt without work at
 * most. */
#include "core/timer.h"

#include "arch/x86_64/apic.h"
#include "core/clock.h"

static struct list timers = LIST_INIT(timers);
static nanos_t armed_for = NANOS_NEVER;

static struct timer *first_timer(void) {
    return list_empty(&timers) ? NULL : LIST_FIRST(&timers, struct timer, link);
}

static void arm(void) {
    struct timer *first = first_timer();
    if (first == NULL || first->deadline >= armed_for)
        return;
    armed_for = first->deadline;
    nanos_t now = clock_monotonic();
    apic_timer_arm(armed_for > now ? armed_for - now : 0);
}

void timer_init(struct timer *timer, void (*expired)(struct timer *timer)) {
    list_init(&timer->link);
    timer->expired = expired;
    timer->deadline = NANOS_NEVER;
}

void timer_set(struct timer *timer, nanos_t deadline) {
    list_remove(&timer->link);
    timer->deadline = deadline;
    if (deadline == NANOS_NEVER)
        return;
    struct list *at = timers.previous; /* most are later than what is there */
    while (at != &timers && LIST_ENTRY(at, struct timer, link)->deadline > deadline)
        at = at->previous;
    list_prepend(at, &timer->link);
    arm();
}

void timer_cancel(struct timer *timer) {
    list_remove(&timer->link);
}

bool timer_pending(const struct timer *timer) {
    return !list_empty(&timer->link);
}

bool timers_set(void) {
    armed_for = NANOS_NEVER; /* the hardware forgets what it waited for */
    return first_timer() != NULL;
}

void timers_run(void) {
    nanos_t now = clock_monotonic();
    armed_for = 0; /* what expires may set timers: arm once, at the end */
    for (struct timer *first = first_timer(); first != NULL && first->deadline <= now;
         first = first_timer()) {
        list_remove(&first->link);
        first->expired(first);
    }
    armed_for = NANOS_NEVER;
    arm();
}
