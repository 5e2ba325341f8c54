/* Timers, and for which deadline the hardware is armed. */
#include "core/timer.h"

#include "arch/x86_64/apic.h"
#include "check.h"
#include "core/clock.h"

static nanos_t now = 1000;
static nanos_t armed = NANOS_NEVER; /* absolute */
static int armings;

nanos_t clock_monotonic(void) {
    return now;
}

void apic_timer_arm(nanos_t delay) {
    armed = now + delay;
    armings++;
}

static char order[16];
static struct timer a, b, c;

static void expired(struct timer *timer) {
    strcat(order, timer == &a ? "a" : timer == &b ? "b" : "c");
}

static void again(struct timer *timer) {
    expired(timer);
    timer_set(timer, now + 50);
}

static void reset(void) {
    struct timer *all[] = {&a, &b, &c};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        if (all[i]->link.next != NULL)
            timer_cancel(all[i]);
        timer_init(all[i], expired);
    }
    order[0] = 0;
    now += 1000;
    timers_run();
    armed = NANOS_NEVER;
    armings = 0;
}

static void they_expire_in_order(void) {
    reset();
    timer_set(&b, now + 20);
    timer_set(&a, now + 10);
    timer_set(&c, now + 30);
    CHECK_EQUAL(armed, now + 10);
    now += 20;
    timers_run();
    CHECK(strcmp(order, "ab") == 0);
    CHECK_EQUAL(armed, now + 10);
    now += 10;
    timers_run();
    CHECK(strcmp(order, "abc") == 0);
    CHECK(!timer_pending(&c));
}

static void later_deadlines_touch_no_hardware(void) {
    reset();
    timer_set(&a, now + 10);
    timer_set(&b, now + 20);
    timer_cancel(&b);
    timer_set(&b, now + 30);
    CHECK_EQUAL(armings, 1);
    timer_set(&c, NANOS_NEVER);
    CHECK(!timer_pending(&c));
}

static void a_cancelled_timer_is_silent(void) {
    reset();
    timer_set(&a, now + 10);
    timer_set(&b, now + 40);
    timer_cancel(&a);
    now += 10;
    timers_run(); /* the hardware still fires */
    CHECK(strcmp(order, "") == 0);
    CHECK_EQUAL(armed, now + 30);
}

static void a_timer_may_set_itself(void) {
    reset();
    timer_init(&a, again);
    timer_set(&a, now + 10);
    now += 10;
    timers_run();
    CHECK_EQUAL(armed, now + 50);
    now += 50;
    timers_run();
    CHECK(strcmp(order, "aa") == 0);
}

static void moving_one_forward_arms_again(void) {
    reset();
    timer_set(&a, now + 100);
    timer_set(&a, now + 10);
    CHECK_EQUAL(armed, now + 10);
    now += 10;
    timers_run();
    CHECK(strcmp(order, "a") == 0);
}

static void what_is_overdue_is_armed_at_once(void) {
    reset();
    timer_set(&a, now - 5);
    CHECK_EQUAL(armed, now);
}

/* The hardware that was armed is another one behind a seal. */
static void behind_a_seal_it_is_armed_again(void) {
    reset();
    timer_set(&a, now + 10);
    CHECK(timers_set());
    timer_cancel(&a);
    CHECK(!timers_set());
    armed = 0;
    timer_set(&a, now + 100); /* later than what was armed for */
    CHECK_EQUAL(armed, now + 100);
}

int main(void) {
    RUN(they_expire_in_order);
    RUN(later_deadlines_touch_no_hardware);
    RUN(a_cancelled_timer_is_silent);
    RUN(a_timer_may_set_itself);
    RUN(moving_one_forward_arms_again);
    RUN(what_is_overdue_is_armed_at_once);
    RUN(behind_a_seal_it_is_armed_again);
    return 0;
}
