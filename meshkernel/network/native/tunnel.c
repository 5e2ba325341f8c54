#include "tunnel_internal.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct tunnel *tunnels, *marked_tunnels, *graves;
static uint32_t count;

void tunnel_mark(struct tunnel *tunnel) {
    if (tunnel->marked || tunnel->state == ENDED)
        return;
    tunnel->marked = true;
    tunnel->next_marked = marked_tunnels;
    marked_tunnels = tunnel;
}

void tunnel_forget_connection(struct tunnel *tunnel) {
    tcp_arg(tunnel->pcb, NULL);
    tcp_recv(tunnel->pcb, NULL);
    tcp_sent(tunnel->pcb, NULL);
    tcp_err(tunnel->pcb, NULL);
    tunnel->pcb = NULL;
}

void tunnel_abort_connection(struct tunnel *tunnel) {
    struct tcp_pcb *pcb = tunnel->pcb;
    if (!pcb)
        return;
    tunnel_forget_connection(tunnel);
    tcp_abort(pcb);
}

void tunnel_end(struct tunnel *tunnel) {
    tunnel->state = ENDED;
    tunnel_abort_connection(tunnel);
    approach_drop(tunnel);
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

/* The host's client sees a reset, as it would from the service itself. */
static void reset(struct tunnel *tunnel) {
    struct linger at_once = {.l_onoff = 1};
    setsockopt(tunnel->watch.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    tunnel_end(tunnel);
}

static err_t received(void *argument, struct tcp_pcb *pcb, struct pbuf *bytes, err_t error) {
    struct tunnel *tunnel = argument;
    (void)pcb;
    (void)error;
    tunnel_mark(tunnel);
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
    tunnel_mark(argument);
    return ERR_OK;
}

static void failed(void *argument, err_t error) {
    struct tunnel *tunnel = argument;
    tunnel->pcb = NULL;    /* lwIP has freed it */
    if (error != ERR_CLSD) /* which says that both directions ended in order */
        tunnel->failure = error == ERR_RST ? "connection refused" : "no answer";
    tunnel_mark(tunnel);
}

void tunnel_adopt(struct tunnel *tunnel, struct tcp_pcb *pcb) {
    tunnel->pcb = pcb;
    tcp_arg(pcb, tunnel);
    tcp_recv(pcb, received);
    tcp_sent(pcb, sent);
    tcp_err(pcb, failed);
    tcp_nagle_disable(pcb);
}

static void pump(struct tunnel *tunnel) {
    if (tunnel->failure && tunnel->state == CONNECTING)
        approach_refused(tunnel);
    if (tunnel->state != JOINED)
        return;
    if (!passage_move(tunnel))
        reset(tunnel);
    else if (passage_is_over(tunnel))
        tunnel_end(tunnel);
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

void tunnel_bury_all(void) {
    while (graves) {
        struct tunnel *next = graves->next;
        free(graves);
        graves = next;
    }
}

static void host_ready(struct watch *watch, uint32_t events) {
    struct tunnel *tunnel = (struct tunnel *)watch;
    if (tunnel->state != JOINED && (events & (EPOLLHUP | EPOLLERR))) {
        tunnel_end(tunnel); /* the client has given up */
        return;
    }
    if (events & EPOLLERR)
        tunnel->failure = "the client has reset its connection";
    tunnel->hung_up = (events & EPOLLHUP) != 0;
    tunnel_mark(tunnel);
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

bool tunnel_join(int fd, struct tcp_pcb *pcb, struct port *port, struct way *way) {
    struct tunnel *tunnel = tunnel_new(fd, port, TUNNEL_EGRESS);
    if (!tunnel)
        return false;
    tunnel_adopt(tunnel, pcb);
    tunnel->way = way;
    port->outgoing++;
    tunnel->state = JOINED;
    tunnel_mark(tunnel); /* what the server has said already */
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
    if (loop_watch(&tunnel->watch, 0)) /* only hang-ups until it is joined */
        approach_begin(tunnel, patience);
    else
        tunnel_end(tunnel);
}

void tunnel_port_changed(const struct port *port) {
    struct tunnel *next;
    for (struct tunnel *tunnel = tunnels; tunnel; tunnel = next) {
        next = tunnel->next;
        if (!approach_concerns(tunnel, port))
            continue;
        if (tunnel->state == WAITING) {
            approach_hasten(tunnel);
        } else if (!port->deliver && tunnel->state == CONNECTING) {
            approach_interrupted(tunnel);
        } else if (!port->deliver && tunnel->state == JOINED && tunnel->pcb) {
            tunnel->failure = "the machine does not run";
            tunnel_mark(tunnel);
        }
    }
}

void tunnel_port_failed(const struct port *port) {
    struct tunnel *next;
    for (struct tunnel *tunnel = tunnels; tunnel; tunnel = next) {
        next = tunnel->next;
        if (tunnel->port == port && tunnel->state == WAITING)
            approach_fail(tunnel, "the service did not start");
    }
}

uint32_t tunnel_count(void) {
    return count;
}
