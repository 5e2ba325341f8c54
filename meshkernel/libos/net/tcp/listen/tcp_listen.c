/* Listening and accepting. */
#include "core/alloc.h"
#include "lwip/priv/tcp_priv.h"
#include "net/net.h"
#include "net/socket_types.h"
#include "net/tcp/tcp_socket.h"

/* As in Linux, one more than the backlog may wait. */
static bool full(const struct tcp_socket *listener) {
    return listener->ready_count > listener->backlog;
}

bool tcp_listener_full(uint32_t address, uint16_t port) {
    for (const struct tcp_pcb_listen *pcb = tcp_listen_pcbs.listen_pcbs; pcb != NULL;
         pcb = pcb->next)
        if (pcb->local_port == port &&
            (ip_addr_isany_val(pcb->local_ip) || pcb->local_ip.addr == address))
            return pcb->callback_arg != NULL && full(pcb->callback_arg);
    return false;
}

/* The handshake is complete. More may come here than the queue was to have, since only new requests
 * are turned away while it is full; twice that is the end. */
static err_t arrived(void *argument, struct tcp_pcb *pcb, err_t error) {
    struct tcp_socket *listener = argument;
    if (listener == NULL || pcb == NULL || error != ERR_OK)
        return ERR_VAL;
    if (listener->ready_count > 2 * listener->backlog + 1)
        return ERR_MEM; /* lwIP resets it */
    struct tcp_socket *socket = tcp_socket_new();
    if (socket == NULL)
        return ERR_MEM;
    socket->inet.linger = listener->inet.linger;
    socket->inet.receive_timeout = listener->inet.receive_timeout;
    socket->inet.send_timeout = listener->inet.send_timeout;
    socket->reuse_address = listener->reuse_address;
    socket->keepalive = listener->keepalive;
    socket->nodelay = listener->nodelay;
    socket->ttl = listener->ttl;
    socket->tos = listener->tos;
    socket->keep_idle = listener->keep_idle;
    socket->keep_interval = listener->keep_interval;
    socket->keep_count = listener->keep_count;
    tcp_socket_attach(socket, pcb);
    tcp_socket_apply_options(socket);
    tcp_socket_opened(socket);
    list_append(&listener->ready, &socket->ready_link);
    listener->ready_count++;
    inet_wake(&listener->inet, EPOLLIN);
    return ERR_OK;
}

int tcp_listen_socket(struct file *file, int backlog) {
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
        error = tcp_bind(socket->pcb, IP_ADDR_ANY, 0);
    if (error != ERR_OK)
        return inet_error(error);
    struct tcp_pcb *listening = tcp_listen_with_backlog_and_err(socket->pcb, 0, &error);
    if (listening == NULL)
        return inet_error(error);
    socket->pcb = listening;
    socket->state = TCP_SOCKET_LISTENING;
    tcp_arg(listening, socket);
    tcp_accept(listening, arrived);
    return 0;
}

int tcp_accept_socket(struct file *file, struct file **accepted, struct socket_address *peer) {
    struct tcp_socket *listener = tcp_socket_of(file);
    nanos_t deadline = inet_deadline(listener->inet.receive_timeout);
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
    inet_write_address(peer, &socket->remote, socket->remote_port);
    return 0;
}
