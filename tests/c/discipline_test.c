/* The wall clock and the rate of the TSC, against a host whose clock is known. */
#include "core/clock.h"

#include "check.h"

/* The true time runs in nanoseconds; the TSC ticks three times as often, with an error that we do
 * not know. */
static nanos_t truth;
static uint64_t ticks, base_ticks, rate;
static nanos_t base;
static uint64_t offset;
static double tsc_error;

#define EPOCH UINT64_C(1767225600000000000)

static void pass(nanos_t time) {
    truth += time;
    ticks += (uint64_t)((double)time * 3 * (1 + tsc_error));
}

uint64_t clock_ticks(void) {
    return ticks;
}

nanos_t clock_monotonic(void) {
    return base + (nanos_t)((unsigned __int128)(ticks - base_ticks) * rate >> 32);
}

uint64_t clock_realtime(void) {
    return clock_monotonic() + offset;
}

uint64_t clock_rate(void) {
    return rate;
}

void clock_set_rate(uint64_t value) {
    base = clock_monotonic();
    base_ticks = ticks;
    rate = value;
}

void clock_set_realtime(uint64_t realtime, nanos_t at) {
    offset = realtime - at;
}

/* The host reads its clock `there` after the question; the answer arrives `back` later. */
static void ask(nanos_t there, nanos_t back) {
    nanos_t asked = clock_monotonic();
    pass(there);
    uint64_t wall = EPOCH + truth;
    pass(back);
    clock_discipline(wall, asked, clock_monotonic());
}

static double wall_error_ms(void) {
    return ((double)clock_realtime() - (double)(EPOCH + truth)) / 1e6;
}

static bool within(double value, double limit) {
    return value < limit && value > -limit;
}

static void the_first_answer_sets_the_wall_clock(void) {
    pass(NANOS_PER_SECOND);
    ask(4 * NANOS_PER_MS, 0);
    CHECK(within(wall_error_ms(), 2.1));
}

static void a_surer_answer_wins_and_a_worse_one_does_not(void) {
    ask(NANOS_PER_MS / 10, NANOS_PER_MS / 10);
    CHECK(within(wall_error_ms(), 0.11));
    ask(0, 200 * NANOS_PER_MS);
    CHECK(within(wall_error_ms(), 0.5));
}

static void the_rate_is_found_and_time_never_jumps(void) {
    nanos_t last = clock_monotonic();
    for (nanos_t rest = NANOS_PER_SECOND; rest <= 64 * NANOS_PER_SECOND; rest *= 2) {
        for (int i = 0; i < 8; i++) {
            pass(rest / 8);
            CHECK(within(wall_error_ms(), 10));
            CHECK(clock_monotonic() >= last && clock_monotonic() < last + rest / 4);
            last = clock_monotonic();
        }
        ask(NANOS_PER_MS / 2, NANOS_PER_MS / 4);
    }
    nanos_t start = clock_monotonic(), before = truth;
    pass(600 * NANOS_PER_SECOND);
    double error = (double)(clock_monotonic() - start) / (double)(truth - before) - 1;
    CHECK(within(error, 30e-6)); /* it was 500 ppm */
}

static void a_host_whose_clock_is_set_does_not_bend_the_rate(void) {
    uint64_t before = rate;
    truth += 3600 * NANOS_PER_SECOND; /* without a tick */
    ask(NANOS_PER_MS, NANOS_PER_MS);
    CHECK_EQUAL(rate, before);
    pass(100 * NANOS_PER_SECOND);
    ask(NANOS_PER_MS / 10, NANOS_PER_MS / 10);
    CHECK(within(wall_error_ms(), 1));
}

static void what_is_forgotten_is_learnt_anew(void) {
    clock_discipline_forget();
    offset = 0;
    ask(20 * NANOS_PER_MS, 20 * NANOS_PER_MS); /* worse than what was known */
    CHECK(within(wall_error_ms(), 21));
}

int main(void) {
    tsc_error = 500e-6;
    rate = (UINT64_C(1) << 32) / 3;
    RUN(the_first_answer_sets_the_wall_clock);
    RUN(a_surer_answer_wins_and_a_worse_one_does_not);
    RUN(the_rate_is_found_and_time_never_jumps);
    RUN(a_host_whose_clock_is_set_does_not_bend_the_rate);
    RUN(what_is_forgotten_is_learnt_anew);
    return 0;
}
