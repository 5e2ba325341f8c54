/* Listening and accepting. */
#include "core/alloc.h"
#include "core/start.h"
#include "lwip/priv/tcp_priv.h"
#include "net/hooks.h"
#include "net/net.h"
#include "net/socket_types.h"
#include "net/tcp/tcp_socket.h"

/* As in Linux, one more than the backlog may wait. */
static bool full(const struct tcp_socket *listener) {
    return listener->ready_count > listener->backlog;
}

/* Listeners that share a port by SO_REUSEPORT are one as far as a request is concerned. */
static bool same_group(const struct tcp_pcb_listen *pcb, const struct tcp_pcb_listen *with) {
    const struct tcp_socket *socket = pcb->callback_arg;
    return pcb->local_port == with->local_port && socket != NULL && socket->inet.reuse_port &&
           ip_addr_cmp(&pcb->local_ip, &with->local_ip);
}

static bool group_full(const struct tcp_pcb_listen *found) {
    for (const struct tcp_pcb_listen *pcb = tcp_listen_pcbs.listen_pcbs; pcb != NULL;
         pcb = pcb->next)
        if (same_group(pcb, found) && !full(pcb->callback_arg))
            return false;
    return found->callback_arg != NULL && full(found->callback_arg);
}

/* Requests that were answered and not yet confirmed. As many as the backlog may be under way, as in
 * Linux: whatever comes of them has room in the queue (see `arrived`). */
static bool too_many_requests(const struct tcp_pcb_listen *found) {
    const struct tcp_socket *listener = found->callback_arg;
    unsigned count = 0;
    for (const struct tcp_pcb *pcb = tcp_active_pcbs; listener != NULL && pcb != NULL;
         pcb = pcb->next)
        if (pcb->state == SYN_RCVD && pcb->listener == found && ++count > listener->backlog)
            return true;
    return false;
}

static bool listener_full(const ip_addr_t *address, uint16_t port) {
    for (const struct tcp_pcb_listen *pcb = tcp_listen_pcbs.listen_pcbs; pcb != NULL;
         pcb = pcb->next)
        if (pcb->local_port == port && inet_reaches(&pcb->local_ip, address))
            return group_full(pcb) || too_many_requests(pcb);
    return false;
}

/* The listener of the group that a connection goes to: by its ends, and past one that is full. */
static struct tcp_socket *choose(struct tcp_socket *found, const struct tcp_pcb *connection) {
    const struct tcp_pcb_listen *with = (const struct tcp_pcb_listen *)found->pcb;
    unsigned count = 0, chosen;
    if (!found->inet.reuse_port)
        return found;
    for (const struct tcp_pcb_listen *pcb = tcp_listen_pcbs.listen_pcbs; pcb != NULL;
         pcb = pcb->next)
        count += same_group(pcb, with) && !full(pcb->callback_arg);
    chosen = (unsigned)(net_flow_hash(&connection->local_ip, connection->local_port,
                                      &connection->remote_ip, connection->remote_port) %
                        MAX(count, 1u));
    for (const struct tcp_pcb_listen *pcb = tcp_listen_pcbs.listen_pcbs; pcb != NULL;
         pcb = pcb->next)
        if (same_group(pcb, with) && !full(pcb->callback_arg) && chosen-- == 0)
            return pcb->callback_arg;
    return found;
}

static void inherit(struct tcp_socket *socket, const struct tcp_socket *listener) {
    struct inet_socket *inet = &socket->inet;
    const struct inet_socket *from = &listener->inet;
    inet->linger = from->linger;
    inet->receive_timeout = from->receive_timeout;
    inet->send_timeout = from->send_timeout;
    inet->reuse_address = from->reuse_address;
    inet->reuse_port = from->reuse_port;
    inet->six_only = from->six_only;
    inet->interface = from->interface;
    inet->ttl = from->ttl;
    inet->tos = from->tos;
    inet->hop_limit = from->hop_limit;
    inet->traffic_class = from->traffic_class;
    inet->flags = from->flags;
    socket->keepalive = listener->keepalive;
    socket->nodelay = listener->nodelay;
    socket->keep_idle = listener->keep_idle;
    socket->keep_interval = listener->keep_interval;
    socket->keep_count = listener->keep_count;
    socket->user_timeout = listener->user_timeout;
}

/* The handshake is complete. More may come here than the queue was to have, since only new requests
 * are turned away while it is full; twice that is the end. */
static err_t arrived(void *argument, struct tcp_pcb *pcb, err_t error) {
    struct tcp_socket *listener = argument;
    if (listener == NULL || pcb == NULL || error != ERR_OK)
        return ERR_VAL;
    listener = choose(listener, pcb);
    if (listener->ready_count > 2 * listener->backlog + 1)
        return ERR_MEM; /* lwIP resets it */
    struct tcp_socket *socket = tcp_socket_new(listener->inet.family);
    if (socket == NULL)
        return ERR_MEM;
    inherit(socket, listener);
    tcp_socket_attach(socket, pcb);
    tcp_socket_apply_options(socket);
    tcp_socket_opened(socket);
    list_append(&listener->ready, &socket->ready_link);
    listener->ready_count++;
    inet_wake(&listener->inet, EPOLLIN);
    return ERR_OK;
}

static int listen_on(struct file *file, int backlog) {
    struct tcp_socket *socket = tcp_socket_of(file);
    if (socket->state != TCP_SOCKET_IDLE && socket->state != TCP_SOCKET_LISTENING)
        return -EINVAL;
    socket->backlog = backlog < 0 || backlog > SOMAXCONN ? SOMAXCONN : (unsigned)backlog;
    if (socket->state == TCP_SOCKET_LISTENING)
        return 0;
    int result = tcp_socket_need_pcb(socket);
    if (result != 0)
        return result;
    err_t error = ERR_OK;
    if (socket->pcb->local_port == 0)
        error = tcp_bind(socket->pcb, &socket->pcb->local_ip, 0);
    if (error != ERR_OK)
        return inet_error(error);
    if (tcp_listener_taken(&socket->inet, socket->pcb))
        return -EADDRINUSE;
    socket->pcb->so_options &= (u8_t)~SOF_REUSEADDR; /* else lwIP refuses a second listener */
    struct tcp_pcb *listening = tcp_listen_with_backlog_and_err(socket->pcb, 0, &error);
    if (listening == NULL)
        return inet_error(error);
    listening->so_options |= SOF_REUSEADDR;
    socket->pcb = listening;
    socket->state = TCP_SOCKET_LISTENING;
    tcp_arg(listening, socket);
    tcp_accept(listening, arrived);
    return 0;
}

static int accept_from(struct file *file, struct file **accepted, struct socket_address *peer) {
    struct tcp_socket *listener = tcp_socket_of(file);
    nanos_t deadline = option_deadline(listener->inet.receive_timeout);
    while (listener->ready_count == 0) {
        if (listener->state != TCP_SOCKET_LISTENING)
            return -EINVAL;
        int result = inet_nonblocking(file, 0) ? -EAGAIN : inet_wait(&listener->inet, deadline);
        if (result != 0)
            return result;
    }
    struct tcp_socket *socket = LIST_FIRST(&listener->ready, struct tcp_socket, ready_link);
    int result = tcp_socket_file(socket, 0, accepted);
    if (result != 0)
        return result;
    list_remove(&socket->ready_link);
    listener->ready_count--;
    listener->inet.family->write(peer, &socket->remote, socket->remote_port);
    return 0;
}

static void tcp_listen_init(void) {
    static const struct tcp_listening listening = {listen_on, accept_from, listener_full};
    tcp_listening = &listening;
}
START(START_NETWORK, tcp_listen_init);
