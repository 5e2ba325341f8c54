/* One-shot timers. The hardware timer is armed for the earliest deadline only. */
#pragma once

#include "core/list.h"
#include "core/types.h"

struct timer {
    struct list link; /* in order of deadline */
    nanos_t deadline;
    /* Runs with interrupts off on the interrupt stack; must not sleep. */
    void (*expired)(struct timer *timer);
};

void timer_init(struct timer *timer, void (*expired)(struct timer *timer));
void timer_set(struct timer *timer, nanos_t deadline); /* moves one that is already set */
void timer_cancel(struct timer *timer);
bool timer_pending(const struct timer *timer);

/* Before a seal, with nothing but what is set from now on to wait for: whether any timer is set. */
bool timers_set(void);

/* The hardware timer fired: calls what is due, and arms it again. */
void timers_run(void);
