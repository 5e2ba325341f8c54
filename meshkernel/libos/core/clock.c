/* The clock: the monotonic time of one instant, from which the TSC counts on, and an offset to the
 * wall clock. The page that says so is shared with the vDSO. */
#include "core/clock.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/tsc.h"
#include "vdso/data.h"

/* Each the tighter the longer the measured time is; the second has the whole start-up to measure.
 */
#define FIRST_LOOK (300 * NANOS_PER_US)
#define REFINED (3 * NANOS_PER_MS)

/* Two ticks of the PIT are a 600th part of this. */
#define CONFIRMED (1 * NANOS_PER_MS)
#define CONFIRMED_PART 500

static union {
    struct vdso_data data;
    char page[PAGE_SIZE];
} shared __attribute__((aligned(PAGE_SIZE)));

const void *clock_page(void) {
    return &shared;
}

/* The application is never interrupted by us in the midst of this, but it reads with interrupts on:
 * what it sees half of when it is interrupted itself, the changed number tells it. */
static void change(uint64_t ticks, uint64_t monotonic, uint64_t rate, uint64_t realtime) {
    shared.data.sequence++;
    shared.data.ticks = ticks;
    shared.data.monotonic = monotonic;
    shared.data.rate = rate;
    shared.data.realtime = realtime;
    shared.data.sequence++;
}

uint64_t clock_ticks(void) {
    return rdtsc();
}

static nanos_t monotonic_at(uint64_t ticks) {
    return shared.data.monotonic + vdso_scale(ticks - shared.data.ticks, shared.data.rate);
}

nanos_t clock_monotonic(void) {
    return monotonic_at(rdtsc());
}

uint64_t clock_realtime(void) {
    return clock_monotonic() + shared.data.realtime;
}

void clock_set_realtime(uint64_t realtime, nanos_t at) {
    change(shared.data.ticks, shared.data.monotonic, shared.data.rate, realtime - at);
}

uint64_t clock_rate(void) {
    return shared.data.rate;
}

void clock_set_rate(uint64_t rate) {
    uint64_t now = rdtsc();
    change(now, monotonic_at(now), rate, shared.data.realtime);
}

static uint64_t rate_of(uint64_t hz) {
    return (NANOS_PER_SECOND << 32) / hz;
}

void clock_init(void) {
    uint64_t rate = rate_of(tsc_measure(FIRST_LOOK));
    change(tsc_boot(), 0, rate, 0);
}

/* At the tick 0, which the next machine's counter starts from. */
void clock_hold(void) {
    change(0, clock_monotonic(), shared.data.rate, 0);
    tsc_forget();
}

void clock_continue(void) {
    change(tsc_boot(), shared.data.monotonic, shared.data.rate, 0);
}

/* The sealed rate is as good as any measurement of this length, unless this is another host's. What
 * is announced is exact. */
void clock_confirm(void) {
    uint64_t rate = shared.data.rate, measured = rate_of(tsc_measure(CONFIRMED));
    if (tsc_is_announced())
        clock_set_rate(measured);
    else if (MAX(rate, measured) - MIN(rate, measured) > rate / CONFIRMED_PART)
        clock_refine();
}

void clock_refine(void) {
    clock_set_rate(rate_of(tsc_measure(REFINED)));
}
