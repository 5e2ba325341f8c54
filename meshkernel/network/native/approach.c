#include "summon.h"
#include "tunnel_internal.h"

#include <lwip/timeouts.h>
#include <stdio.h>
#include <sys/socket.h>

/* A machine that boots first loses what is sent to it, then refuses, then listens: its client
 * should not wait longer than that, so both pauses start short. Milliseconds. */
#define RETRY_FIRST 10
#define RETRY_MOST 100
#define SILENCE_FIRST 25
#define SILENCE_MOST 1000

static uint32_t turns;

static void attempt(void *argument);
static void ask_again(void *argument);

static void answer(const struct tunnel *tunnel, const char *text) {
    if (tunnel->kind != TUNNEL_DIAL)
        return;
    char line[128];
    int size = snprintf(line, sizeof(line), "%s\n", text);
    /* The first bytes on this socket: they fit. A client that is gone is noticed by the watch. */
    (void)!send(tunnel->watch.fd, line, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void approach_fail(struct tunnel *tunnel, const char *why) {
    char text[120];
    snprintf(text, sizeof(text), "error %s", why);
    answer(tunnel, text);
    tunnel_end(tunnel);
}

static void give_up(void *argument) {
    struct tunnel *tunnel = argument;
    approach_fail(tunnel, tunnel->trouble);
}

static err_t connected(void *argument, struct tcp_pcb *pcb, err_t error) {
    struct tunnel *tunnel = argument;
    (void)pcb;
    (void)error;
    sys_untimeout(ask_again, tunnel);
    sys_untimeout(give_up, tunnel);
    tunnel->state = JOINED;
    answer(tunnel, "ok");
    tunnel_mark(tunnel);
    return ERR_OK;
}

/* After a pause that grows by half each time. */
static uint32_t grown(uint32_t pause, uint32_t most) {
    return pause + pause / 2 < most ? pause + pause / 2 : most;
}

static void attempt_later(struct tunnel *tunnel) {
    tunnel->state = WAITING;
    sys_timeout(tunnel->retry, attempt, tunnel);
    tunnel->retry = grown(tunnel->retry, RETRY_MOST);
}

/* Nobody has answered: not our segment, which lwIP would send again far too late. */
static void ask_again(void *argument) {
    struct tunnel *tunnel = argument;
    tunnel_abort_connection(tunnel);
    tunnel->failed = tunnel->port;
    tunnel->silence = grown(tunnel->silence, SILENCE_MOST);
    tunnel->state = WAITING;
    attempt(tunnel);
}

/* Which replica a way in had better lead to: one that is ready, then one that only runs, then one
 * whose machine sleeps. */
static int rank(const struct tunnel *tunnel, const struct port *port) {
    bool runs = port->deliver && !port->holds;
    if (!runs)
        return port->holds ? 1 : 0;
    if (port == tunnel->failed)
        return 2;
    return port->serves ? 4 : 3;
}

static bool is_less_busy(const struct port *port, const struct port *other) {
    return port->ways_in != other->ways_in ? port->ways_in < other->ways_in
                                           : port->turn < other->turn;
}

/* The next attempt goes to the best replica that has the fewest connections. */
static void choose_replica(struct tunnel *tunnel) {
    tunnel->port->ways_in--; /* it does not count against where it is */
    struct port *best = tunnel->port->first_replica;
    for (struct port *port = best->next_replica; port; port = port->next_replica) {
        int more = rank(tunnel, port) - rank(tunnel, best);
        if (more > 0 || (more == 0 && is_less_busy(port, best)))
            best = port;
    }
    best->turn = ++turns;
    best->ways_in++;
    tunnel->port = best;
}

static bool leads_to_any(const struct tunnel *tunnel) {
    return tunnel->kind == TUNNEL_EXPOSE && tunnel->port->first_replica;
}

static void attempt(void *argument) {
    struct tunnel *tunnel = argument;
    tunnel->failure = NULL; /* that of the attempt before, which may not have been looked at yet */
    if (leads_to_any(tunnel))
        choose_replica(tunnel);
    if (tunnel->port->holds) {
        tunnel->trouble = "the service did not start in time";
        summon_want(tunnel->port);
        return; /* tunnel_port_changed() goes on */
    }
    if (!tunnel->port->deliver) {
        tunnel->trouble = "the machine does not run";
        return;
    }
    tunnel->pcb = tcp_new();
    ip_addr_t address = {lwip_htonl(tunnel->port->address)};
    if (!tunnel->pcb) {
        attempt_later(tunnel);
        return;
    }
    tunnel_adopt(tunnel, tunnel->pcb);
    tunnel->trouble = "no answer";
    tunnel->state = CONNECTING;
    if (tcp_connect(tunnel->pcb, &address, tunnel->number, connected) == ERR_OK) {
        sys_timeout(tunnel->silence, ask_again, tunnel);
        return;
    }
    tunnel_abort_connection(tunnel); /* no local port is free */
    attempt_later(tunnel);
}

void approach_refused(struct tunnel *tunnel) {
    tunnel->trouble = tunnel->failure;
    tunnel->failed = tunnel->port;
    sys_untimeout(ask_again, tunnel);
    attempt_later(tunnel);
}

void approach_interrupted(struct tunnel *tunnel) {
    tunnel_abort_connection(tunnel);
    sys_untimeout(ask_again, tunnel);
    tunnel->state = WAITING;
    attempt(tunnel);
}

void approach_hasten(struct tunnel *tunnel) {
    sys_untimeout(attempt, tunnel);
    attempt(tunnel);
}

bool approach_concerns(const struct tunnel *tunnel, const struct port *port) {
    return tunnel->port == port || (tunnel->state == WAITING && leads_to_any(tunnel) &&
                                    tunnel->port->first_replica == port->first_replica);
}

void approach_begin(struct tunnel *tunnel, uint32_t patience) {
    tunnel->retry = RETRY_FIRST;
    tunnel->silence = SILENCE_FIRST;
    tunnel->trouble = "no answer";
    sys_timeout(patience, give_up, tunnel);
    attempt(tunnel);
}

void approach_drop(struct tunnel *tunnel) {
    sys_untimeout(attempt, tunnel);
    sys_untimeout(ask_again, tunnel);
    sys_untimeout(give_up, tunnel);
}
