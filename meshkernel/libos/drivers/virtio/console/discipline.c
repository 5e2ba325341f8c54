/* Following the host's clock. The host answers within a round trip, so an answer is known up to
 * half of that; the wall clock takes an answer that is surer than what it has grown to be, and two
 * answers far apart tell how fast the TSC really runs. The monotonic clock never jumps: only its
 * rate changes. */
#include "core/clock.h"
#include "core/string.h"

#define MILLION 1000000

/* How far off the rate may be, in parts per million: as measured at boot, at most, when answers are
 * trusted more, and when known best. */
#define RATE_ERROR_BOOT 1000
#define RATE_ERROR_USEFUL 250
#define RATE_ERROR_LEAST 20

/* Two answers closer together than this say nothing about the rate. */
#define RATE_BASELINE (1 * NANOS_PER_SECOND)
/* More than the boot's measurement can be off: the host's clock was set meanwhile. */
#define RATE_CHANGE_LIMIT 3000
/* An answer that took longer to use than this is none. */
#define ANSWER_AGE_LIMIT (4 * NANOS_PER_SECOND)

struct answer {
    uint64_t wall;
    uint64_t ticks;
    nanos_t at, error; /* the middle of the round trip, and half of it */
};

static struct {
    struct answer newest; /* that the wall clock follows */
    struct answer oldest; /* from which the rate is measured */
    bool following, measuring;
    uint64_t rate_error;
} state = {.rate_error = RATE_ERROR_BOOT};

static nanos_t ppm(nanos_t time, uint64_t parts) {
    return time / MILLION * parts + time % MILLION * parts / MILLION;
}

/* What the error of the wall clock may have grown to by `at`. */
static nanos_t error_by(nanos_t at) {
    return state.newest.error + ppm(at - state.newest.at, state.rate_error);
}

/* time / ticks in 32.32, for up to 64 bits of each. */
static uint64_t rate_between(nanos_t time, uint64_t ticks) {
    while (time >> 31) {
        time >>= 1;
        ticks >>= 1;
    }
    return ticks ? (time << 32) / ticks : 0;
}

static bool plausible(uint64_t rate) {
    uint64_t old = clock_rate();
    return (rate > old ? rate - old : old - rate) <= ppm(old, RATE_CHANGE_LIMIT);
}

/* A far surer answer is a better one to measure from, even if that starts anew. */
static bool starts_measuring(const struct answer *answer) {
    return !state.measuring || answer->wall <= state.oldest.wall ||
           answer->error < state.oldest.error / 4;
}

static void measure_rate(const struct answer *answer) {
    if (starts_measuring(answer)) {
        state.oldest = *answer;
        state.measuring = true;
        return;
    }
    nanos_t wall = answer->wall - state.oldest.wall;
    if (wall < RATE_BASELINE)
        return;
    uint64_t error = (answer->error + state.oldest.error) / (wall / MILLION);
    if (error > RATE_ERROR_USEFUL || MAX(error, (uint64_t)RATE_ERROR_LEAST) > state.rate_error)
        return;
    uint64_t rate = rate_between(wall, answer->ticks - state.oldest.ticks);
    if (!plausible(rate)) {
        state.oldest = *answer;
        return;
    }
    clock_set_rate(rate);
    state.rate_error = MAX(error, (uint64_t)RATE_ERROR_LEAST);
}

void clock_discipline_forget(void) {
    memset(&state, 0, sizeof state);
    state.rate_error = RATE_ERROR_BOOT;
}

void clock_discipline(uint64_t wall, nanos_t asked, nanos_t answered) {
    nanos_t half = (answered - asked) / 2;
    nanos_t ago = clock_monotonic() - (asked + half);
    if (answered < asked || ago > ANSWER_AGE_LIMIT)
        return;
    struct answer answer = {.wall = wall, .at = asked + half, .error = half};
    answer.ticks = clock_ticks() - (ago << 32) / clock_rate();
    measure_rate(&answer);
    if (state.following && answer.error > error_by(answer.at))
        return;
    clock_set_realtime(wall, answer.at);
    state.newest = answer;
    state.following = true;
}
