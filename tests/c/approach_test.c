/* A tunnel on its way to a machine, with an lwIP that does as the test says. */
#include "check.h"
#include "summon.h"
#include "tunnel_internal.h"

#include <lwip/def.h>
#include <lwip/timeouts.h>

#define PATIENCE 30000
#define TIMERS 8

static struct {
    sys_timeout_handler run;
    void *argument;
    uint32_t after;
} timers[TIMERS];
static struct tcp_pcb connections[TIMERS];
static uint32_t opened, aborted;
static tcp_connected_fn connected;

void sys_timeout(u32_t after, sys_timeout_handler run, void *argument) {
    for (int at = 0; at < TIMERS; at++)
        if (!timers[at].run) {
            timers[at].run = run;
            timers[at].argument = argument;
            timers[at].after = after;
            return;
        }
    CHECK(!"room for another timer");
}

void sys_untimeout(sys_timeout_handler run, void *argument) {
    for (int at = 0; at < TIMERS; at++)
        if (timers[at].run == run && timers[at].argument == argument)
            timers[at].run = NULL;
}

/* The one that is due first; returns how long it was to wait. */
static uint32_t run_next_timer(void) {
    int first = -1;
    for (int at = 0; at < TIMERS; at++)
        if (timers[at].run && (first < 0 || timers[at].after < timers[first].after))
            first = at;
    CHECK(first >= 0);
    sys_timeout_handler run = timers[first].run;
    uint32_t after = timers[first].after;
    timers[first].run = NULL;
    run(timers[first].argument);
    return after;
}

static uint32_t timers_that_run(void) {
    uint32_t count = 0;
    for (int at = 0; at < TIMERS; at++)
        count += timers[at].run != NULL;
    return count;
}

u32_t lwip_htonl(u32_t number) {
    return __builtin_bswap32(number);
}

struct tcp_pcb *tcp_new(void) {
    return &connections[opened++ % TIMERS];
}

err_t tcp_connect(struct tcp_pcb *pcb, const ip_addr_t *address, u16_t number,
                  tcp_connected_fn done) {
    (void)pcb;
    (void)address;
    (void)number;
    connected = done;
    return ERR_OK;
}

void tunnel_adopt(struct tunnel *tunnel, struct tcp_pcb *pcb) {
    tunnel->pcb = pcb;
}

void tunnel_abort_connection(struct tunnel *tunnel) {
    aborted += tunnel->pcb != NULL;
    tunnel->pcb = NULL;
}

void tunnel_mark(struct tunnel *tunnel) {
    tunnel->marked = true;
}

void tunnel_end(struct tunnel *tunnel) {
    tunnel->state = ENDED;
    approach_drop(tunnel);
}

void summon_want(struct port *port) {
    port->wanted = true;
}

static enum verdict deliver(struct port *port, const uint8_t *frame, uint32_t size) {
    (void)port;
    (void)frame;
    (void)size;
    return FRAME_FORWARDED;
}

static struct port port;
static struct tunnel tunnel;

static void set_out(void) {
    memset(timers, 0, sizeof(timers));
    opened = aborted = 0;
    port = (struct port){.deliver = deliver};
    tunnel = (struct tunnel){.port = &port, .kind = TUNNEL_EXPOSE, .watch.fd = -1};
    approach_begin(&tunnel, PATIENCE);
    CHECK_EQUAL(tunnel.state, CONNECTING);
}

/* What lwIP says of the connection, before the tunnel is pumped. */
static void is_refused(void) {
    tunnel.pcb = NULL;
    tunnel.failure = "connection refused";
}

static void one_that_refuses_is_asked_again_later(void) {
    set_out();
    is_refused();
    approach_refused(&tunnel);
    CHECK_EQUAL(tunnel.state, WAITING);
    CHECK_EQUAL(opened, 1);
    run_next_timer();
    CHECK_EQUAL(tunnel.state, CONNECTING);
    CHECK_EQUAL(opened, 2);
    CHECK(!tunnel.failure);
    approach_drop(&tunnel);
    CHECK_EQUAL(timers_that_run(), 0);
}

static void one_that_is_silent_is_asked_anew(void) {
    set_out();
    CHECK_EQUAL(run_next_timer(), 25);
    CHECK_EQUAL(aborted, 1);
    CHECK_EQUAL(opened, 2);
    CHECK_EQUAL(tunnel.state, CONNECTING);
    connected(&tunnel, tunnel.pcb, ERR_OK);
    CHECK_EQUAL(tunnel.state, JOINED);
    CHECK_EQUAL(timers_that_run(), 0);
}

/* Refused, and silent for long enough, in the same turn: the refusal is of a connection that is no
 * more, and what it says must not be taken for the next one's. */
static void a_refusal_is_not_the_next_attempts(void) {
    set_out();
    is_refused();
    run_next_timer();
    CHECK_EQUAL(tunnel.state, CONNECTING);
    CHECK_EQUAL(opened, 2);
    CHECK(!tunnel.failure);
}

static void nor_is_that_of_a_machine_that_is_gone(void) {
    set_out();
    is_refused();
    port.deliver = NULL;
    approach_interrupted(&tunnel);
    CHECK_EQUAL(tunnel.state, WAITING);
    port.deliver = deliver;
    approach_hasten(&tunnel);
    CHECK_EQUAL(tunnel.state, CONNECTING);
    CHECK(!tunnel.failure);
}

int main(void) {
    RUN(one_that_refuses_is_asked_again_later);
    RUN(one_that_is_silent_is_asked_anew);
    RUN(a_refusal_is_not_the_next_attempts);
    RUN(nor_is_that_of_a_machine_that_is_gone);
    return 0;
}
