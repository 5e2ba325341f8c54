#include "tunnel.h"

#include "loop.h"
#include "summon.h"

#include <errno.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* A machine that boots first loses what is sent to it, then refuses, then listens: its client
 * should not wait longer than that, so both pauses start short. Milliseconds. */
#define RETRY_FIRST 10
#define RETRY_MOST 100
#define SILENCE_FIRST 25
#define SILENCE_MOST 1000
#define CHUNK 65536    /* bytes read from the host at once */
#define LOW_WATER 4096 /* free bytes in lwIP's buffer below which the host is not read */
#define PIECES 64

enum state { WAITING, CONNECTING, JOINED, ENDED };

/* lwIP's callbacks only note what happened and mark the tunnel; all work is done by pump(), outside
 * of lwIP, where a connection may be closed or aborted. */
struct tunnel {
    struct watch watch; /* the host's socket */
    struct tunnel *next, *previous;
    struct tunnel *next_marked;
    bool marked;
    enum state state;
    enum tunnel_kind kind;
    struct port *port;
    struct port *failed; /* the replica of its service that did not answer last */
    struct way *way;     /* out of the mesh, and so counted with the port; NULL: into it */
    uint16_t number;
    uint32_t retry, silence; /* how long the next pause is, and the next wait for an answer */
    struct tcp_pcb *pcb;     /* NULL: no connection inside */
    /* From the mesh, not yet taken by the host. Joined by hand: pbuf_cat() walks the whole chain,
     * and tot_len has only 16 bits. */
    struct pbuf *inbound, *inbound_last;
    const char *failure;           /* the connection inside was reset or refused */
    const char *trouble;           /* why the last attempt did not succeed */
    bool hung_up;                  /* the host's socket says so again and again */
    bool host_ended, mesh_ended;   /* no more bytes come from there */
    bool host_passed, mesh_passed; /* and the other side was told */
};

static struct tunnel *tunnels, *marked_tunnels, *graves;
static uint32_t count, turns;

static void attempt(void *argument);
static void adopt(struct tunnel *tunnel, struct tcp_pcb *pcb);
static void ask_again(void *argument);
static void give_up(void *argument);
static void host_ready(struct watch *watch, uint32_t events);

static void mark(struct tunnel *tunnel) {
    if (tunnel->marked || tunnel->state == ENDED)
        return;
    tunnel->marked = true;
    tunnel->next_marked = marked_tunnels;
    marked_tunnels = tunnel;
}

static void forget_connection(struct tunnel *tunnel) {
    tcp_arg(tunnel->pcb, NULL);
    tcp_recv(tunnel->pcb, NULL);
    tcp_sent(tunnel->pcb, NULL);
    tcp_err(tunnel->pcb, NULL);
    tunnel->pcb = NULL;
}

static void abort_connection(struct tunnel *tunnel) {
    struct tcp_pcb *pcb = tunnel->pcb;
    if (!pcb)
        return;
    forget_connection(tunnel);
    tcp_abort(pcb);
}

static void end(struct tunnel *tunnel) {
    tunnel->state = ENDED;
    abort_connection(tunnel);
    sys_untimeout(attempt, tunnel);
    sys_untimeout(ask_again, tunnel);
    sys_untimeout(give_up, tunnel);
    loop_unwatch(&tunnel->watch);
    close(tunnel->watch.fd);
    if (tunnel->inbound)
        pbuf_free(tunnel->inbound);
    *(tunnel->previous ? &tunnel->previous->next : &tunnels) = tunnel->next;
    if (tunnel->next)
        tunnel->next->previous = tunnel->previous;
    tunnel->next = graves;
    graves = tunnel;
    count--;
    if (tunnel->way)
        tunnel->port->outgoing--;
    else
        tunnel->port->ways_in--;
}

void tunnel_bury_all(void) {
    while (graves) {
        struct tunnel *next = graves->next;
        free(graves);
        graves = next;
    }
}

/* The host's client sees a reset, as it would from the service itself. */
static void reset(struct tunnel *tunnel) {
    struct linger at_once = {.l_onoff = 1};
    setsockopt(tunnel->watch.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    end(tunnel);
}

static void answer(const struct tunnel *tunnel, const char *text) {
    if (tunnel->kind != TUNNEL_DIAL)
        return;
    char line[128];
    int size = snprintf(line, sizeof(line), "%s\n", text);
    /* The first bytes on this socket: they fit. A client that is gone is noticed by the watch. */
    (void)!send(tunnel->watch.fd, line, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void fail(struct tunnel *tunnel, const char *why) {
    char text[120];
    snprintf(text, sizeof(text), "error %s", why);
    answer(tunnel, text);
    end(tunnel);
}

static void give_up(void *argument) {
    struct tunnel *tunnel = argument;
    fail(tunnel, tunnel->trouble);
}

static err_t received(void *argument, struct tcp_pcb *pcb, struct pbuf *bytes, err_t error) {
    struct tunnel *tunnel = argument;
    (void)pcb;
    (void)error;
    mark(tunnel);
    if (!bytes) {
        tunnel->mesh_ended = true;
        return ERR_OK;
    }
    *(tunnel->inbound ? &tunnel->inbound_last->next : &tunnel->inbound) = bytes;
    while (bytes->next)
        bytes = bytes->next;
    tunnel->inbound_last = bytes;
    return ERR_OK;
}

static err_t sent(void *argument, struct tcp_pcb *pcb, u16_t size) {
    (void)pcb;
    (void)size;
    mark(argument);
    return ERR_OK;
}

static void failed(void *argument, err_t error) {
    struct tunnel *tunnel = argument;
    tunnel->pcb = NULL;    /* lwIP has freed it */
    if (error != ERR_CLSD) /* which says that both directions ended in order */
        tunnel->failure = error == ERR_RST ? "connection refused" : "no answer";
    mark(tunnel);
}

static err_t connected(void *argument, struct tcp_pcb *pcb, err_t error) {
    struct tunnel *tunnel = argument;
    (void)pcb;
    (void)error;
    sys_untimeout(ask_again, tunnel);
    sys_untimeout(give_up, tunnel);
    tunnel->state = JOINED;
    answer(tunnel, "ok");
    mark(tunnel);
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
    abort_connection(tunnel);
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
    adopt(tunnel, tunnel->pcb);
    tunnel->trouble = "no answer";
    tunnel->state = CONNECTING;
    if (tcp_connect(tunnel->pcb, &address, tunnel->number, connected) == ERR_OK) {
        sys_timeout(tunnel->silence, ask_again, tunnel);
        return;
    }
    abort_connection(tunnel); /* no local port is free */
    attempt_later(tunnel);
}

static struct tunnel *tunnel_new(int fd, struct port *port, enum tunnel_kind kind) {
    struct tunnel *tunnel = calloc(1, sizeof(*tunnel));
    if (!tunnel)
        return NULL;
    tunnel->watch = (struct watch){.fd = fd, .ready = host_ready};
    tunnel->port = port;
    tunnel->kind = kind;
    tunnel->next = tunnels;
    if (tunnels)
        tunnels->previous = tunnel;
    tunnels = tunnel;
    count++;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)); /* not on a unix socket */
    return tunnel;
}

static void adopt(struct tunnel *tunnel, struct tcp_pcb *pcb) {
    tunnel->pcb = pcb;
    tcp_arg(pcb, tunnel);
    tcp_recv(pcb, received);
    tcp_sent(pcb, sent);
    tcp_err(pcb, failed);
    tcp_nagle_disable(pcb);
}

bool tunnel_join(int fd, struct tcp_pcb *pcb, struct port *port, struct way *way) {
    struct tunnel *tunnel = tunnel_new(fd, port, TUNNEL_EGRESS);
    if (!tunnel)
        return false;
    adopt(tunnel, pcb);
    tunnel->way = way;
    port->outgoing++;
    tunnel->state = JOINED;
    mark(tunnel); /* what the server has said already */
    return true;
}

void tunnel_open(int fd, struct port *port, uint16_t number, enum tunnel_kind kind,
                 uint32_t patience) {
    struct tunnel *tunnel = tunnel_new(fd, port, kind);
    if (!tunnel) {
        close(fd);
        return;
    }
    port->ways_in++;
    tunnel->number = number;
    tunnel->retry = RETRY_FIRST;
    tunnel->silence = SILENCE_FIRST;
    tunnel->trouble = "no answer";
    sys_timeout(patience, give_up, tunnel);
    if (loop_watch(&tunnel->watch, 0)) /* only hang-ups until it is joined */
        attempt(tunnel);
    else
        end(tunnel);
}

/* False: the host's side is broken. */
static bool move_to_host(struct tunnel *tunnel) {
    while (tunnel->inbound) {
        struct iovec pieces[PIECES];
        size_t filled = 0;
        for (struct pbuf *at = tunnel->inbound; at && filled < PIECES; at = at->next)
            pieces[filled++] = (struct iovec){at->payload, at->len};
        struct msghdr message = {.msg_iov = pieces, .msg_iovlen = filled};
        ssize_t moved = sendmsg(tunnel->watch.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (moved < 0)
            return errno == EAGAIN || errno == EINTR;
        if (tunnel->way)
            tunnel->way->sent += (uint64_t)moved;
        for (size_t left = (size_t)moved; left > 0;) {
            u16_t step = left < UINT16_MAX ? (u16_t)left : UINT16_MAX;
            tunnel->inbound = pbuf_free_header(tunnel->inbound, step);
            if (tunnel->pcb)
                tcp_recved(tunnel->pcb, step);
            left -= step;
        }
    }
    if (tunnel->mesh_ended && !tunnel->mesh_passed) {
        tunnel->mesh_passed = true;
        shutdown(tunnel->watch.fd, SHUT_WR);
    }
    return true;
}

static bool has_room(const struct tunnel *tunnel) {
    return tunnel->pcb && tcp_sndbuf(tunnel->pcb) >= LOW_WATER &&
           tcp_sndqueuelen(tunnel->pcb) < TCP_SND_QUEUELEN / 2;
}

/* False: one of the sides is broken. */
static bool move_to_mesh(struct tunnel *tunnel) {
    static uint8_t chunk[CHUNK];
    if (!tunnel->host_ended && has_room(tunnel)) {
        size_t room = tcp_sndbuf(tunnel->pcb);
        room = room < UINT16_MAX ? room : UINT16_MAX; /* tcp_write takes 16 bits */
        ssize_t got = recv(tunnel->watch.fd, chunk, room, MSG_DONTWAIT);
        if (got < 0)
            return errno == EAGAIN || errno == EINTR;
        if (tunnel->way)
            tunnel->way->received += (uint64_t)got;
        if (got == 0)
            tunnel->host_ended = true;
        else if (tcp_write(tunnel->pcb, chunk, (u16_t)got, TCP_WRITE_FLAG_COPY) != ERR_OK)
            return false; /* no memory, or a peer whose segments are absurdly small */
    }
    if (tunnel->host_ended && !tunnel->host_passed) {
        tunnel->host_passed = true;
        if (tunnel->pcb && tcp_shutdown(tunnel->pcb, 0, 1) != ERR_OK)
            return false;
    }
    if (tunnel->pcb)
        tcp_output(tunnel->pcb);
    return true;
}

/* What the host's socket is watched for: while the mesh holds it up, only a reset of the client. */
static bool watch_host(struct tunnel *tunnel) {
    uint32_t events = 0;
    if (!tunnel->host_ended && has_room(tunnel))
        events |= EPOLLIN;
    if (tunnel->inbound)
        events |= EPOLLOUT;
    if (events || !tunnel->hung_up)
        return loop_watch(&tunnel->watch, events);
    loop_unwatch(&tunnel->watch);
    return true;
}

/* What a machine has not taken yet stays with its tunnel, where it is counted: a connection that
 * lwIP closes by itself is nobody's, and a machine could leave behind any number of full buffers.
 */
static bool is_drained(const struct tunnel *tunnel) {
    return tunnel->pcb->snd_buf >= TCP_SND_BUF; /* where the end takes no room */
}

/* Both ends have said all, and the machine has acknowledged it: lwIP waits by itself for the end
 * to be acknowledged, and closes. It tells nobody, so the tunnel must not know the connection any
 * longer; what the host has not taken yet is the tunnel's own. */
static void part(struct tunnel *tunnel) {
    struct tcp_pcb *pcb = tunnel->pcb;
    if (!pcb || !tunnel->host_passed || !tunnel->mesh_ended || !is_drained(tunnel))
        return;
    forget_connection(tunnel);
    if (tcp_close(pcb) != ERR_OK)
        tcp_abort(pcb);
}

static void pump(struct tunnel *tunnel) {
    if (tunnel->failure && tunnel->state == CONNECTING) {
        tunnel->trouble = tunnel->failure;
        tunnel->failure = NULL;
        tunnel->failed = tunnel->port;
        sys_untimeout(ask_again, tunnel);
        attempt_later(tunnel);
        return;
    }
    if (tunnel->state != JOINED)
        return;
    bool works = move_to_host(tunnel);
    if (tunnel->failure)
        works = false;
    if (!works || !move_to_mesh(tunnel) || !watch_host(tunnel)) {
        reset(tunnel);
        return;
    }
    part(tunnel);
    if (tunnel->host_passed && tunnel->mesh_passed && !tunnel->pcb)
        end(tunnel);
}

void tunnel_pump_all(void) {
    while (marked_tunnels) {
        struct tunnel *tunnel = marked_tunnels;
        marked_tunnels = tunnel->next_marked;
        tunnel->marked = false;
        if (tunnel->state != ENDED)
            pump(tunnel);
    }
}

static void host_ready(struct watch *watch, uint32_t events) {
    struct tunnel *tunnel = (struct tunnel *)watch;
    if (tunnel->state != JOINED && (events & (EPOLLHUP | EPOLLERR))) {
        end(tunnel); /* the client has given up */
        return;
    }
    if (events & EPOLLERR)
        tunnel->failure = "the client has reset its connection";
    tunnel->hung_up = (events & EPOLLHUP) != 0;
    mark(tunnel);
}

void tunnel_port_changed(const struct port *port) {
    struct tunnel *next;
    for (struct tunnel *tunnel = tunnels; tunnel; tunnel = next) {
        next = tunnel->next;
        if (tunnel->port != port && !(tunnel->state == WAITING && leads_to_any(tunnel) &&
                                      tunnel->port->first_replica == port->first_replica))
            continue;
        if (tunnel->state == WAITING) {
            sys_untimeout(attempt, tunnel);
            attempt(tunnel);
        } else if (!port->deliver && tunnel->state == CONNECTING) {
            abort_connection(tunnel);
            sys_untimeout(ask_again, tunnel);
            tunnel->state = WAITING;
            attempt(tunnel);
        } else if (!port->deliver && tunnel->state == JOINED && tunnel->pcb) {
            tunnel->failure = "the machine does not run";
            mark(tunnel);
        }
    }
}

void tunnel_port_failed(const struct port *port) {
    struct tunnel *next;
    for (struct tunnel *tunnel = tunnels; tunnel; tunnel = next) {
        next = tunnel->next;
        if (tunnel->port == port && tunnel->state == WAITING)
            fail(tunnel, "the service did not start");
    }
}

uint32_t tunnel_count(void) {
    return count;
}
