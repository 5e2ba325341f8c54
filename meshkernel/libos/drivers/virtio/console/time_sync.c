#include "drivers/virtio/console/time_sync.h"

#include "core/clock.h"
#include "core/timer.h"
#include "drivers/virtio/console/console.h"

/* The host read its clock somewhere within the round trip, so half of that is the error. An answer
 * below GOOD is worth waiting for the next, a second at first and a minute in the end: two answers
 * far apart show the rate of our clock. Any other is used as far as it goes (clock_discipline knows
 * its uncertainty), and asked again soon, ever less often, so that a slow host is not asked all the
 * time. */
#define GOOD_ROUND_TRIP (10 * NANOS_PER_MS)
#define REGULAR (60 * NANOS_PER_SECOND)
#define FIRST_REST (1 * NANOS_PER_SECOND)
#define FIRST_RETRY (200 * NANOS_PER_MS)

static struct timer timer;
static nanos_t retry = FIRST_RETRY;
static nanos_t rest = FIRST_REST; /* after a good answer */

static nanos_t next_retry(void) {
    nanos_t pause = retry;
    retry = MIN(retry * 2, REGULAR);
    return pause;
}

static void ask(struct timer *expired) {
    (void)expired;
    const struct control_time request = {.monotonic = clock_monotonic(), .wall = 0};
    /* A host that takes nothing off the channel, or does not answer, is asked again. */
    virtio_console_send(CONTROL_TIME_REQUEST, &request, sizeof(request));
    timer_set(&timer, clock_monotonic() + next_retry());
}

void time_sync_answered(const struct control_time *answer) {
    nanos_t now = clock_monotonic();
    if (answer->monotonic > now || answer->wall == 0)
        return;
    clock_discipline(answer->wall, answer->monotonic, now);
    if (now - answer->monotonic > GOOD_ROUND_TRIP)
        return; /* the timer of the next attempt runs */
    retry = FIRST_RETRY;
    timer_set(&timer, now + rest);
    rest = MIN(rest * 2, REGULAR);
}

void time_sync_stop(void) {
    if (timer.expired != NULL)
        timer_cancel(&timer);
    retry = FIRST_RETRY;
    rest = FIRST_REST;
}

void time_sync_start_later(void) {
    timer_init(&timer, ask);
    timer_set(&timer, clock_monotonic() + FIRST_RETRY);
}

void time_sync_start(void) {
    timer_init(&timer, ask);
    ask(&timer);
}
