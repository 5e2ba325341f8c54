/* Binding and shutting down, and the names of both ends. */
#include "lwip/priv/tcp_priv.h"
#include "net/net.h"
#include "net/socket_types.h"
#include "net/tcp/tcp_socket.h"

int tcp_bind_socket(struct file *file, const struct socket_address *address) {
    struct tcp_socket *socket = tcp_socket_of(file);
    ip_addr_t ip;
    uint16_t port;
    int result = inet_local_address(&socket->inet, address, &ip, &port);
    if (result != 0)
        return result;
    if (socket->state != TCP_SOCKET_IDLE || (socket->pcb != NULL && socket->pcb->local_port != 0))
        return -EINVAL;
    if (!inet_address_is_local(&ip))
        return -EADDRNOTAVAIL;
    result = tcp_socket_need_pcb(socket);
    if (result != 0)
        return result;
    if (port != 0 && tcp_port_taken(&socket->inet, socket->pcb, &ip, port))
        return -EADDRINUSE;
    err_t error = tcp_bind(socket->pcb, &ip, port);
    return error == ERR_BUF ? -EADDRINUSE : inet_error(error); /* no free port */
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
    void (*write)(struct socket_address *, const ip_addr_t *, uint16_t) =
        socket->inet.family->write;
    ip_addr_t any = {0};
    IP_SET_TYPE(&any, socket->inet.family->pcb_type);
    bool connected_once = socket->state == TCP_SOCKET_OPEN || socket->state == TCP_SOCKET_OVER;
    if (peer && socket->state != TCP_SOCKET_OPEN)
        return -ENOTCONN;
    if (peer)
        write(address, &socket->remote, socket->remote_port);
    else if (connected_once)
        write(address, &socket->local, socket->local_port);
    else if (socket->pcb != NULL)
        write(address, &socket->pcb->local_ip, socket->pcb->local_port);
    else
        write(address, &any, 0);
    return 0;
}
