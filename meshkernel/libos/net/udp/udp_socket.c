#include "net/udp/udp_socket.h"

#include "core/alloc.h"
#include "linux/signal.h"
#include "lwip/udp.h"
#include "net/net.h"
#include "net/socket_types.h"

#define PAYLOAD_MAX 65507u /* 65535 - 20 - 8 */

static struct udp_socket *of(const struct file *file) {
    return file->private;
}

static bool connected(const struct udp_socket *socket) {
    return socket->pcb->flags & UDP_FLAGS_CONNECTED;
}

static void received(void *argument, struct udp_pcb *pcb, struct pbuf *pbuf,
                     const ip_addr_t *address, u16_t port) {
    struct udp_socket *socket = argument;
    struct socket_address from;
    (void)pcb;
    inet_write_address(&from, address, port);
    datagram_queue_add(&socket->queue, &socket->inet, pbuf, &from);
}

static bool port_taken(const struct udp_socket *socket, const ip_addr_t *address, uint16_t port) {
    for (const struct udp_pcb *pcb = udp_pcbs; pcb != NULL; pcb = pcb->next) {
        bool overlap = ip_addr_isany_val(*address) || ip_addr_isany_val(pcb->local_ip) ||
                       ip_addr_cmp(address, &pcb->local_ip);
        bool shared =
            ip_get_option(pcb, SOF_REUSEADDR) && ip_get_option(socket->pcb, SOF_REUSEADDR);
        if (pcb != socket->pcb && pcb->local_port == port && overlap && !shared)
            return true;
    }
    return false;
}

static int udp_socket_bind(struct file *file, const struct socket_address *address) {
    struct udp_socket *socket = of(file);
    ip_addr_t ip;
    uint16_t port;
    int result = inet_parse_address(address, &ip, &port);
    if (result != 0)
        return result;
    const struct netif *ethernet = net_ethernet();
    bool broadcast = ethernet != NULL && ip4_addr_isbroadcast(&ip, ethernet);
    if (!inet_address_is_local(&ip) && !broadcast && !ip_addr_ismulticast(&ip))
        return -EADDRNOTAVAIL;
    if (socket->pcb->local_port != 0)
        return -EINVAL;
    if (port != 0 && port_taken(socket, &ip, port))
        return -EADDRINUSE;
    return inet_error(udp_bind(socket->pcb, &ip, port));
}

/* The source is fixed here, as Linux does, so that getsockname tells it. */
static int udp_socket_connect(struct file *file, const struct socket_address *address) {
    struct udp_socket *socket = of(file);
    ip_addr_t remote, source;
    uint16_t port;
    if (address->size >= sizeof(uint16_t) && address->family == AF_UNSPEC) {
        udp_disconnect(socket->pcb);
        return 0;
    }
    int result = inet_parse_address(address, &remote, &port);
    if (result != 0)
        return result;
    if (ip_addr_isany_val(remote))
        remote.addr = PP_HTONL(IPADDR_LOOPBACK);
    if (!inet_source_for(&remote, &source))
        return -ENETUNREACH;
    if (socket->pcb->local_port == 0)
        result = inet_error(udp_bind(socket->pcb, &socket->pcb->local_ip, 0));
    if (result != 0)
        return result;
    if (ip_addr_isany_val(socket->pcb->local_ip))
        socket->pcb->local_ip = source;
    socket->inet.error = 0;
    return inet_error(udp_connect(socket->pcb, &remote, port));
}

static int destination(const struct udp_socket *socket, const struct socket_address *address,
                       ip_addr_t *remote, uint16_t *port) {
    if (address->size == 0) {
        *remote = socket->pcb->remote_ip;
        *port = socket->pcb->remote_port;
        return connected(socket) ? 0 : -EDESTADDRREQ;
    }
    int result = inet_parse_address(address, remote, port);
    if (result == 0 && *port == 0)
        return -EINVAL;
    if (ip_addr_isany_val(*remote))
        remote->addr = PP_HTONL(IPADDR_LOOPBACK);
    return result;
}

static int transmit(struct udp_socket *socket, struct pbuf *pbuf, const ip_addr_t *remote,
                    uint16_t port) {
    ip_addr_t source = socket->pcb->local_ip, best;
    if (!inet_source_for(remote, &best))
        return -ENETUNREACH;
    if (ip_addr_isany_val(source) || ip_addr_ismulticast(&source))
        source = best;
    struct netif *netif = ip_route(&source, remote);
    if (ip_addr_isbroadcast(remote, netif) && !ip_get_option(socket->pcb, SOF_BROADCAST))
        return -EACCES;
    u16_t size = pbuf->tot_len;
    err_t error = udp_sendto_if_src(socket->pcb, pbuf, remote, port, netif, &source);
    pbuf_remove_header(
        pbuf, (u16_t)(pbuf->tot_len - size)); /* lwIP leaves its header: for the next attempt */
    return error == ERR_MEM ? -EAGAIN : inet_error(error);
}

static ssize_t udp_socket_send(struct file *file, struct io *io, int flags,
                               const struct socket_address *address, struct control_in *control) {
    struct udp_socket *socket = of(file);
    ip_addr_t remote;
    uint16_t port;
    size_t size = io->left;
    (void)control;
    if (socket->inet.error != 0)
        return inet_take_error(&socket->inet);
    if (socket->send_shut)
        return -EPIPE;
    int result = destination(socket, address, &remote, &port);
    if (result != 0)
        return result;
    struct pbuf *pbuf = datagram_from_user(PBUF_TRANSPORT, io, PAYLOAD_MAX, &result);
    if (pbuf == NULL)
        return result;
    nanos_t deadline = inet_deadline(socket->inet.send_timeout);
    do
        result = transmit(socket, pbuf, &remote, port);
    while (result == -EAGAIN && !inet_nonblocking(file, flags) &&
           (result = inet_wait(&socket->inet, deadline)) == 0);
    pbuf_free(pbuf);
    net_settle();
    return result < 0 ? result : (ssize_t)size;
}

static ssize_t udp_socket_receive(struct file *file, struct io *io, int flags,
                                  struct socket_address *address, int *flags_out,
                                  struct control_out *control) {
    struct udp_socket *socket = of(file);
    if (socket->receive_shut && list_empty(&socket->queue.datagrams)) {
        address->size = 0;
        *flags_out = 0;
        return 0;
    }
    return datagram_receive(&socket->queue, &socket->inet, io, flags, address, flags_out, control);
}

static ssize_t udp_socket_read(struct file *file, struct io *io, uint64_t *offset) {
    struct socket_address from;
    int flags;
    (void)offset;
    return udp_socket_receive(file, io, 0, &from, &flags, NULL);
}

static ssize_t udp_socket_write(struct file *file, struct io *io, uint64_t *offset) {
    const struct socket_address none = {0};
    (void)offset;
    return udp_socket_send(file, io, 0, &none, NULL);
}

static uint32_t udp_socket_poll(struct file *file) {
    const struct udp_socket *socket = of(file);
    bool readable = !list_empty(&socket->queue.datagrams) || socket->receive_shut;
    return EPOLLOUT | (readable ? EPOLLIN : 0) | (socket->receive_shut ? EPOLLRDHUP : 0) |
           (socket->inet.error != 0 ? EPOLLERR | EPOLLIN : 0);
}

static int udp_socket_shutdown(struct file *file, int how) {
    struct udp_socket *socket = of(file);
    if (how < SHUT_RD || how > SHUT_RDWR)
        return -EINVAL;
    if (!connected(socket))
        return -ENOTCONN;
    socket->receive_shut |= how != SHUT_WR;
    socket->send_shut |= how != SHUT_RD;
    inet_wake(&socket->inet, EPOLLIN | EPOLLRDHUP);
    return 0;
}

static int udp_socket_name(struct file *file, struct socket_address *address, bool peer) {
    const struct udp_socket *socket = of(file);
    if (peer && !connected(socket))
        return -ENOTCONN;
    if (peer)
        inet_write_address(address, &socket->pcb->remote_ip, socket->pcb->remote_port);
    else
        inet_write_address(address, &socket->pcb->local_ip, socket->pcb->local_port);
    return 0;
}

static void set_flag(struct udp_pcb *pcb, uint8_t flag, int value) {
    if (value)
        ip_set_option(pcb, flag);
    else
        ip_reset_option(pcb, flag);
}

#define SO_REUSEADDR 2
#define SO_BROADCAST 6
#define IP_TOS 1
#define IP_TTL 2

static int udp_set_option(struct file *file, int level, int name, const void *value,
                          uint32_t size) {
    struct udp_socket *socket = of(file);
    int number = 0;
    option_read_int(value, size, &number);
    if (level == SOL_SOCKET && (name == SO_REUSEADDR || name == SO_BROADCAST)) {
        set_flag(socket->pcb, name == SO_REUSEADDR ? SOF_REUSEADDR : SOF_BROADCAST, number);
        return option_read_int(value, size, &number);
    }
    if (level == SOL_IP && (name == IP_TOS || name == IP_TTL)) {
        if (number < -1 || number > 255 || (name == IP_TTL && number == 0))
            return -EINVAL;
        if (name == IP_TOS)
            socket->pcb->tos = (u8_t)number;
        else
            socket->pcb->ttl = number == -1 ? UDP_TTL : (u8_t)number;
        return 0;
    }
    return inet_set_option(&socket->inet, level, name, value, size);
}

static int udp_get_option(struct file *file, int level, int name, void *value, uint32_t *size) {
    struct udp_socket *socket = of(file);
    if (level == SOL_SOCKET && name == SO_REUSEADDR)
        return option_write_int(value, size, ip_get_option(socket->pcb, SOF_REUSEADDR) != 0);
    if (level == SOL_SOCKET && name == SO_BROADCAST)
        return option_write_int(value, size, ip_get_option(socket->pcb, SOF_BROADCAST) != 0);
    if (level == SOL_IP && name == IP_TOS)
        return option_write_int(value, size, socket->pcb->tos);
    if (level == SOL_IP && name == IP_TTL)
        return option_write_int(value, size, socket->pcb->ttl);
    return inet_get_option(&socket->inet, level, name, value, size);
}

static void release(struct file *file) {
    struct udp_socket *socket = of(file);
    udp_remove(socket->pcb);
    datagram_queue_clear(&socket->queue);
    inet_socket_gone(&socket->inet);
    kfree(socket);
}

void udp_socket_unreachable(const struct inet_quote *flow, int error) {
    for (struct udp_pcb *pcb = udp_pcbs; pcb != NULL; pcb = pcb->next)
        if ((pcb->flags & UDP_FLAGS_CONNECTED) && pcb->local_port == flow->local_port &&
            pcb->remote_port == flow->remote_port && pcb->remote_ip.addr == flow->remote) {
            struct udp_socket *socket = pcb->recv_arg;
            socket->inet.error = error;
            inet_wake(&socket->inet, EPOLLIN | EPOLLERR);
        }
}

static const struct file_ops ops = {
    .read = udp_socket_read,
    .write = udp_socket_write,
    .poll = udp_socket_poll,
    .ioctl = inet_ioctl,
    .release = release,
};

static const struct socket_ops socket_ops = {
    .bind = udp_socket_bind,
    .connect = udp_socket_connect,
    .shutdown = udp_socket_shutdown,
    .get_name = udp_socket_name,
    .send = udp_socket_send,
    .receive = udp_socket_receive,
    .set_option = udp_set_option,
    .get_option = udp_get_option,
};

int udp_socket_create(int flags, struct file **file) {
    struct udp_socket *socket = knew(struct udp_socket);
    struct udp_pcb *pcb = socket == NULL ? NULL : udp_new();
    *file = pcb == NULL ? NULL : file_new(&ops, socket, flags | O_RDWR);
    if (*file == NULL) {
        if (pcb != NULL)
            udp_remove(pcb);
        kfree(socket);
        return -ENOMEM;
    }
    (*file)->socket = &socket_ops;
    socket->pcb = pcb;
    datagram_queue_init(&socket->queue);
    inet_socket_setup(&socket->inet, AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    socket->inet.file = *file;
    udp_recv(pcb, received, socket);
    return 0;
}
