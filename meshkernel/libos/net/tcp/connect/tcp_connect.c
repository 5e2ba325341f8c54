/* Connecting. */
#include "core/start.h"
#include "lwip/priv/tcp_priv.h"
#include "net/net.h"
#include "net/socket_types.h"
#include "net/tcp/tcp_socket.h"

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
    inet_any_is_loopback(&remote);
    ip_addr_t source;
    if (!inet_source_for(&remote, &source))
        return -ENETUNREACH;
    if (ip_addr_isany_val(socket->pcb->local_ip))
        socket->pcb->local_ip = source;
    if (IP_GET_TYPE(&socket->pcb->local_ip) != IP_GET_TYPE(&remote))
        return -ENETUNREACH;
    tcp_socket_apply_options(socket);
    tcp_bound_time_wait();
    tcp_socket_attach(socket, socket->pcb);
    socket->state = TCP_SOCKET_CONNECTING;
    socket->inet.error = socket->reported = 0;
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
    nanos_t deadline = option_deadline(socket->inet.send_timeout);
    while (socket->state == TCP_SOCKET_CONNECTING) {
        int result = inet_wait(&socket->inet, deadline);
        if (result != 0 && socket->state == TCP_SOCKET_CONNECTING)
            return result == -EAGAIN ? -EINPROGRESS : result;
    }
    /* A connection that broke at once was open all the same: its error comes with the first
     * transfer. */
    return socket->state == TCP_SOCKET_IDLE ? inet_take_error(&socket->inet) : 0;
}

static int connect_socket(struct file *file, const struct socket_address *address) {
    struct tcp_socket *socket = tcp_socket_of(file);
    ip_addr_t remote;
    uint16_t port;
    int result = socket->inet.family->parse(&socket->inet, address, &remote, &port);
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

static void failed(struct tcp_socket *socket, int error) {
    struct tcp_pcb *pcb = socket->pcb;
    tcp_socket_detach(socket);
    tcp_abandon(pcb, 0);
    socket->state = TCP_SOCKET_IDLE;
    socket->inet.error = error;
    inet_wake(&socket->inet, EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP);
}

static const struct tcp_connecting connecting = {connect_socket, failed};

static void connecting_init(void) {
    tcp_connecting = &connecting;
}
START(START_NETWORK, connecting_init);
