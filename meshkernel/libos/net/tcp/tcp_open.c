/* Binding, connecting and shutting down. */
#include "lwip/priv/tcp_priv.h"
#include "net/net.h"
#include "net/socket_types.h"
#include "net/tcp/tcp_socket.h"

/* Linux refuses to bind to a port that is listened on, SO_REUSEADDR or not; lwIP only to listen
 * there. */
static bool listened_on(const ip_addr_t *address, uint16_t port) {
    for (const struct tcp_pcb_listen *pcb = tcp_listen_pcbs.listen_pcbs; pcb != NULL;
         pcb = pcb->next)
        if (pcb->local_port == port &&
            (ip_addr_isany_val(*address) || ip_addr_isany_val(pcb->local_ip) ||
             ip_addr_cmp(address, &pcb->local_ip)))
            return true;
    return false;
}

int tcp_bind_socket(struct file *file, const struct socket_address *address) {
    struct tcp_socket *socket = tcp_socket_of(file);
    ip_addr_t ip;
    uint16_t port;
    int result = inet_parse_address(address, &ip, &port);
    if (result != 0)
        return result;
    if (socket->state != TCP_SOCKET_IDLE || (socket->pcb != NULL && socket->pcb->local_port != 0))
        return -EINVAL;
    if (!inet_address_is_local(&ip))
        return -EADDRNOTAVAIL;
    if (port != 0 && listened_on(&ip, port))
        return -EADDRINUSE;
    result = tcp_socket_need_pcb(socket);
    if (result != 0)
        return result;
    err_t error = tcp_bind(socket->pcb, &ip, port);
    return error == ERR_BUF ? -EADDRINUSE : inet_error(error); /* no free port */
}

static err_t connected(void *argument, struct tcp_pcb *pcb, err_t error) {
    (void)pcb;
    (void)error; /* always ERR_OK; failures come by the error callback */
    struct tcp_socket *socket = argument;
    tcp_socket_opened(socket);
    inet_wake(&socket->inet, EPOLLOUT);
    return ERR_OK;
}

static int start_connecting(struct tcp_socket *socket, ip_addr_t remote, uint16_t port) {
    int result = tcp_socket_need_pcb(socket);
    if (result != 0)
        return result;
    if (ip_addr_isany_val(remote))
        remote.addr = PP_HTONL(IPADDR_LOOPBACK);
    ip_addr_t source;
    if (!inet_source_for(&remote, &source))
        return -ENETUNREACH;
    if (ip_addr_isany_val(socket->pcb->local_ip))
        socket->pcb->local_ip = source;
    tcp_bound_time_wait();
    tcp_socket_attach(socket, socket->pcb);
    socket->state = TCP_SOCKET_CONNECTING;
    socket->inet.error = 0;
    err_t error = tcp_connect(socket->pcb, &remote, port, connected);
    if (error != ERR_OK) {
        socket->state = TCP_SOCKET_IDLE;
        return error == ERR_USE || error == ERR_BUF ? -EADDRNOTAVAIL : inet_error(error);
    }
    socket->local = socket->pcb->local_ip;
    socket->local_port = socket->pcb->local_port;
    net_settle();
    return 0;
}

static int wait_until_connected(struct tcp_socket *socket) {
    nanos_t deadline = inet_deadline(socket->inet.send_timeout);
    while (socket->state == TCP_SOCKET_CONNECTING) {
        int result = inet_wait(&socket->inet, deadline);
        if (result != 0 && socket->state == TCP_SOCKET_CONNECTING)
            return result == -EAGAIN ? -EINPROGRESS : result;
    }
    /* A connection that broke at once was open all the same: its error comes with the first
     * transfer. */
    return socket->state == TCP_SOCKET_IDLE ? inet_take_error(&socket->inet) : 0;
}

int tcp_connect_socket(struct file *file, const struct socket_address *address) {
    struct tcp_socket *socket = tcp_socket_of(file);
    ip_addr_t remote;
    uint16_t port;
    int result = inet_parse_address(address, &remote, &port);
    if (result != 0)
        return result;
    switch (socket->state) {
    case TCP_SOCKET_IDLE:
        if (socket->inet.error != 0) /* of a connect that failed meanwhile */
            return inet_take_error(&socket->inet);
        result = start_connecting(socket, remote, port);
        /* Over loopback it may be open by now; programs expect to be told to wait for it. */
        if (result == 0 && inet_nonblocking(file, 0))
            return -EINPROGRESS;
        break;
    case TCP_SOCKET_CONNECTING:
        /* After a signal, the restarted call waits on. */
        result = inet_nonblocking(file, 0) ? -EALREADY : 0;
        break;
    default: /* listening, too */
        return -EISCONN;
    }
    if (result != 0)
        return result;
    return wait_until_connected(socket);
}

static void stop_listening(struct tcp_socket *socket) {
    struct tcp_pcb *pcb = socket->pcb;
    tcp_socket_detach(socket);
    tcp_close(pcb);
    socket->state = TCP_SOCKET_IDLE;
    inet_wake(&socket->inet, EPOLLIN | EPOLLHUP);
}

int tcp_shutdown_socket(struct file *file, int how) {
    struct tcp_socket *socket = tcp_socket_of(file);
    if (how < SHUT_RD || how > SHUT_RDWR)
        return -EINVAL;
    if (socket->state == TCP_SOCKET_LISTENING) {
        if (how != SHUT_WR)
            stop_listening(socket);
        return 0;
    }
    if (socket->state != TCP_SOCKET_OPEN)
        return -ENOTCONN;
    if (how != SHUT_WR)
        socket->receive_shut = true;
    if (how != SHUT_RD && !socket->send_shut) {
        socket->send_shut = true;
        tcp_take_refused(socket); /* once both directions are shut, lwIP forgets it */
        if (socket->pcb != NULL)
            tcp_shutdown(socket->pcb, 0, 1);
        net_settle();
    }
    inet_wake(&socket->inet, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP);
    return 0;
}

int tcp_socket_name(struct file *file, struct socket_address *address, bool peer) {
    const struct tcp_socket *socket = tcp_socket_of(file);
    const ip_addr_t any = {0};
    bool connected_once = socket->state == TCP_SOCKET_OPEN || socket->state == TCP_SOCKET_OVER;
    if (peer && !connected_once)
        return -ENOTCONN;
    if (peer)
        inet_write_address(address, &socket->remote, socket->remote_port);
    else if (connected_once)
        inet_write_address(address, &socket->local, socket->local_port);
    else if (socket->pcb != NULL)
        inet_write_address(address, &socket->pcb->local_ip, socket->pcb->local_port);
    else
        inet_write_address(address, &any, 0);
    return 0;
}

void tcp_socket_unreachable(const struct inet_quote *flow, int error) {
    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
        struct tcp_socket *socket = pcb->callback_arg;
        if (pcb->state != SYN_SENT || socket == NULL || pcb->local_ip.addr != flow->local ||
            pcb->remote_ip.addr != flow->remote || pcb->local_port != flow->local_port ||
            pcb->remote_port != flow->remote_port)
            continue;
        tcp_socket_detach(socket);
        tcp_abandon(pcb, 0);
        socket->state = TCP_SOCKET_IDLE;
        socket->inet.error = error;
        inet_wake(&socket->inet, EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP);
        return;
    }
}
