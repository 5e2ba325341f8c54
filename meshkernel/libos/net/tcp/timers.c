#include "net/tcp/timers.h"

#include "core/clock.h"
#include "core/timer.h"
#include "lwip/ip4_frag.h"
#include "lwip/ip6_frag.h"
#include "lwip/priv/tcp_priv.h"
#include "net/device.h"
#include "net/net.h"
#include "seal/seal.h"

/* lwIP would tick four times a second as long as any connection is open. An idle service keeps its
 * connections open and should wake hardly ever, so the tick stops while every connection is at
 * rest, and lwIP's count of ticks is moved on when it starts again. What still has a date then
 * (keep-alive, the end of TIME_WAIT) is computed. */
#define TICK (TCP_TMR_INTERVAL * NANOS_PER_MS)
#define SLOW_TICK (TCP_SLOW_INTERVAL * NANOS_PER_MS)
#define REASSEMBLY_TICK NANOS_PER_SECOND /* of ip_reass_tmr and ip6_reass_tmr */
#define REASSEMBLY_TICKS 17              /* IP_REASS_MAXAGE, and some */

static struct timer timer;
static bool ticking;            /* the timer is set for the next tick, not for a date */
static nanos_t ticked;          /* when tcp_tmr was last called, or would have been */
static nanos_t reassembly_next; /* next ip_reass_tmr */
static unsigned
    reassembly_ticks; /* still to come: then every fragment has been put together or dropped */

static bool at_rest(const struct tcp_pcb *pcb) {
    bool open = pcb->state == ESTABLISHED || pcb->state == CLOSE_WAIT ||
                (pcb->state == FIN_WAIT_2 && !(pcb->flags & TF_RXCLOSED));
    return open && pcb->unsent == NULL && pcb->unacked == NULL && pcb->ooseq == NULL &&
           pcb->refused_data == NULL &&
           !(pcb->flags & (TF_ACK_DELAY | TF_ACK_NOW | TF_CLOSEPEND | TF_NAGLEMEMERR));
}

static bool all_at_rest(void) {
    for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next)
        if (!at_rest(pcb))
            return false;
    return true;
}

bool net_timers_busy(void) {
    for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next)
        if (pcb->unsent != NULL || pcb->unacked != NULL || (pcb->flags & TF_CLOSEPEND))
            return true;
    return false;
}

bool net_timers_set(void) {
    return timer.expired != NULL && timer_pending(&timer);
}

/* The tick at which a connection's next keep-alive is due (tcp_slowtmr compares with "more than").
 */
static uint64_t keepalive_ticks(const struct tcp_pcb *pcb) {
    return (pcb->keep_idle + (uint64_t)pcb->keep_cnt_sent * pcb->keep_intvl) / TCP_SLOW_INTERVAL +
           1;
}

/* Ticks until the next thing that has a date; UINT64_MAX: nothing has. */
static uint64_t ticks_to_date(void) {
    uint64_t nearest = UINT64_MAX;
    for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next)
        if (ip_get_option(pcb, SOF_KEEPALIVE)) {
            uint64_t passed = (uint32_t)(tcp_ticks - pcb->tmr), due = keepalive_ticks(pcb);
            nearest = MIN(nearest, due > passed ? due - passed : 1);
        }
    for (const struct tcp_pcb *pcb = tcp_tw_pcbs; pcb != NULL; pcb = pcb->next) {
        uint64_t passed = (uint32_t)(tcp_ticks - pcb->tmr),
                 due = 2 * TCP_MSL / TCP_SLOW_INTERVAL + 1;
        nearest = MIN(nearest, due > passed ? due - passed : 1);
    }
    return nearest;
}

/* Lets the ticks that were left out count, but for the last: that one is to be made. */
static void catch_up(nanos_t now) {
    uint64_t missed = (now - ticked) / SLOW_TICK;
    if (missed > 1) {
        tcp_ticks += (uint32_t)(missed - 1);
        ticked += (missed - 1) * SLOW_TICK;
    }
}

static void arm(nanos_t now) {
    nanos_t deadline = NANOS_NEVER;
    ticking = !all_at_rest();
    if (ticking) {
        deadline = now + TICK;
    } else {
        uint64_t ticks = ticks_to_date();
        if (ticks != UINT64_MAX)
            deadline = now + ticks * SLOW_TICK;
    }
    if (reassembly_ticks > 0)
        deadline = MIN(deadline, reassembly_next);
    if (deadline == NANOS_NEVER)
        timer_cancel(&timer);
    else
        timer_set(&timer, deadline);
}

static void reassembly_tick(nanos_t now) {
    if (reassembly_ticks == 0 || now < reassembly_next)
        return;
#if IP_REASSEMBLY
    ip_reass_tmr();
#endif
#if LWIP_IPV6
    ip6_reass_tmr();
#endif
    reassembly_ticks--;
    reassembly_next = now + REASSEMBLY_TICK;
}

static void expired(struct timer *unused) {
    (void)unused;
    struct netif *ethernet = net_ethernet();
    if (ethernet != NULL)
        ((struct net_device *)ethernet->state)->reclaim();
    nanos_t now = clock_monotonic();
    catch_up(now);
    /* Both halves of tcp_tmr after a rest: dates are looked at by the slow one. */
    if (!ticking)
        tcp_slowtmr();
    tcp_tmr();
    ticked = now;
    reassembly_tick(now);
    net_poll();
    arm(now);
}

/* Nobody has a connection any more: some may still be closing. */
static void seal_connections(void) {
    while (tcp_active_pcbs != NULL)
        tcp_abort(tcp_active_pcbs);
    while (tcp_tw_pcbs != NULL)
        tcp_abort(tcp_tw_pcbs);
    ticking = false;
    reassembly_ticks = 0;
    if (net_timers_set())
        timer_cancel(&timer);
}
SEAL(SEAL_LIBRARIES, seal_connections);

/* Where lwIP starts to look for free ports: at random. */
CONTINUE(START_NETWORK, tcp_init);

void net_timers_run(void) {
    if (ticking && timer_pending(&timer))
        return;
    nanos_t now = clock_monotonic();
    if (timer.expired == NULL)
        timer_init(&timer, expired);
    catch_up(now);
    if (tcp_active_pcbs == NULL && tcp_tw_pcbs == NULL && reassembly_ticks == 0)
        return;
    /* Whether there is rest already is found out at the next tick, not with every packet. */
    ticking = true;
    ticked = now;
    timer_set(&timer, now + TICK);
}

void net_timers_reassembly(void) {
    if (reassembly_ticks == 0)
        reassembly_next = clock_monotonic() + REASSEMBLY_TICK;
    reassembly_ticks = REASSEMBLY_TICKS;
    net_timers_run();
}

/* lwIP calls this when a connection is added; net_settle follows every such call. */
void tcp_timer_needed(void) {
}
