#include "net/udp/udp_socket.h"

#include "core/alloc.h"
#include "core/start.h"
#include "linux/signal.h"
#include "lwip/ip.h"
#include "lwip/udp.h"
#include "net/hooks.h"
#include "net/net.h"
#include "net/socket_types.h"

#define PAYLOAD_MAX 65507u /* 65535 - 20 - 8 */
#define HEADERS_MAX 48u
#define PAYLOAD_MAX_6 65487u /* 65535 - 40 - 8: with the header it must fit in a pbuf */

static struct udp_socket *of(const struct file *file) {
    return file->private;
}

static bool connected(const struct udp_socket *socket) {
    return socket->pcb->flags & UDP_FLAGS_CONNECTED;
}

static bool shares_port(const struct udp_pcb *pcb, const struct udp_pcb *with) {
    const struct udp_socket *socket = pcb->recv_arg;
    return pcb->local_port == with->local_port && socket->inet.reuse_port &&
           !(pcb->flags & UDP_FLAGS_CONNECTED) && ip_addr_cmp(&pcb->local_ip, &with->local_ip);
}

/* Of sockets that share a port by SO_REUSEPORT, each peer has one: its datagrams stay together. */
static struct udp_socket *choose(struct udp_socket *found, const ip_addr_t *address, u16_t port) {
    const struct udp_pcb *shared = found->pcb;
    unsigned count = 0, chosen;
    if (!found->inet.reuse_port || connected(found))
        return found;
    for (const struct udp_pcb *pcb = udp_pcbs; pcb != NULL; pcb = pcb->next)
        count += shares_port(pcb, shared);
    chosen = (unsigned)(net_flow_hash(ip_current_dest_addr(), shared->local_port, address, port) %
                        MAX(count, 1u));
    for (const struct udp_pcb *pcb = udp_pcbs; pcb != NULL; pcb = pcb->next)
        if (shares_port(pcb, shared) && chosen-- == 0)
            return pcb->recv_arg;
    return found;
}

/* lwIP does not tell UDP from UDP-Lite when it looks for a socket. */
static void received(void *argument, struct udp_pcb *pcb, struct pbuf *pbuf,
                     const ip_addr_t *address, u16_t port) {
    struct udp_socket *socket = choose(argument, address, port);
    struct socket_address from;
    (void)pcb;
    if (ip_current_header_proto() != socket->inet.protocol) {
        pbuf_free(pbuf);
        return;
    }
    const struct datagram_origin origin = datagram_origin_now();
    socket->inet.family->write(&from, address, port);
    datagram_queue_add(&socket->queue, &socket->inet, pbuf, &from, &origin);
}

static bool port_taken(const struct udp_socket *socket, const ip_addr_t *address, uint16_t port) {
    for (const struct udp_pcb *pcb = udp_pcbs; pcb != NULL; pcb = pcb->next) {
        const struct udp_socket *other = pcb->recv_arg;
        bool shared = (other->inet.reuse_address && socket->inet.reuse_address) ||
                      (other->inet.reuse_port && socket->inet.reuse_port);
        if (other != socket && other->inet.protocol == socket->inet.protocol &&
            pcb->local_port == port && inet_overlap(address, &pcb->local_ip) && !shared)
            return true;
    }
    return false;
}

static bool may_bind_to(const ip_addr_t *address) {
    const struct netif *ethernet = net_ethernet();
    bool broadcast = ethernet != NULL && ip_addr_isbroadcast(address, ethernet);
    return inet_address_is_local(address) || broadcast || ip_addr_ismulticast(address);
}

static int udp_socket_bind(struct file *file, const struct socket_address *address) {
    struct udp_socket *socket = of(file);
    ip_addr_t ip;
    uint16_t port;
    int result = inet_local_address(&socket->inet, address, &ip, &port);
    if (result != 0)
        return result;
    if (!may_bind_to(&ip))
        return -EADDRNOTAVAIL;
    if (socket->pcb->local_port != 0)
        return -EINVAL;
    if (port != 0 && port_taken(socket, &ip, port))
        return -EADDRINUSE;
    socket->address_given = !ip_addr_isany(&ip);
    return inet_error(udp_bind(socket->pcb, &ip, port));
}

/* "Any", of the socket's versions. */
static void set_any(struct udp_socket *socket) {
    ip_addr_set_any(false, &socket->pcb->local_ip);
    IP_SET_TYPE_VAL(socket->pcb->local_ip,
                    socket->inet.six_only ? IPADDR_TYPE_V6 : socket->inet.family->pcb_type);
}

static void udp_socket_disconnect(struct udp_socket *socket) {
    udp_disconnect(socket->pcb);
    udp_bind_netif(socket->pcb, netif_get_by_index(socket->inet.interface));
    if (!socket->address_given)
        set_any(socket);
}

/* The source is fixed here, as Linux does, so that getsockname tells it. */
static int udp_socket_connect(struct file *file, const struct socket_address *address) {
    struct udp_socket *socket = of(file);
    ip_addr_t remote, source;
    uint16_t port;
    if (address->size >= sizeof(uint16_t) && address->family == AF_UNSPEC) {
        udp_socket_disconnect(socket);
        return 0;
    }
    int result = socket->inet.family->parse(&socket->inet, address, &remote, &port);
    if (result != 0)
        return result;
    inet_any_is_loopback(&remote);
    if (connected(socket))
        udp_socket_disconnect(socket); /* its source may be of the other version */
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
    int result = socket->inet.family->parse(&socket->inet, address, remote, port);
    if (result == 0 && *port == 0)
        return -EINVAL;
    if (result == 0)
        inet_any_is_loopback(remote);
    return result;
}

static void set_marks(struct udp_socket *socket, const ip_addr_t *remote,
                      const struct datagram_wishes *wishes) {
    const struct inet_socket *inet = &socket->inet;
    bool six = inet_is_six(remote);
    socket->pcb->ttl = wishes->ttl >= 0 ? (u8_t)wishes->ttl : six ? inet->hop_limit : inet->ttl;
    socket->pcb->tos = wishes->tos >= 0 ? (u8_t)wishes->tos : six ? inet->traffic_class : inet->tos;
}

/* The interface and the source for a datagram: 0 or -errno. */
static int route(const struct udp_socket *socket, const ip_addr_t *remote,
                 const struct datagram_wishes *wishes, struct netif **netif, ip_addr_t *source) {
    ip_addr_t best;
    if (!inet_source_for(remote, &best))
        return -ENETUNREACH;
    *source = ip_addr_isany(&wishes->source) ? socket->pcb->local_ip : wishes->source;
    if (ip_addr_isany(source) || ip_addr_ismulticast(source))
        *source = best;
    if (IP_GET_TYPE(source) != IP_GET_TYPE(remote))
        return -ENETUNREACH;
    uint8_t interface = wishes->interface != 0 ? wishes->interface : socket->inet.interface;
    *netif = interface != 0 ? netif_get_by_index(interface) : ip_route(source, remote);
    if (*netif == NULL)
        return -ENETUNREACH;
    return ip_addr_isbroadcast(remote, *netif) && !socket->inet.broadcast ? -EACCES : 0;
}

static int transmit(struct udp_socket *socket, struct pbuf *pbuf, const ip_addr_t *remote,
                    uint16_t port, const struct datagram_wishes *wishes) {
    struct netif *netif;
    ip_addr_t source;
    int result = route(socket, remote, wishes, &netif, &source);
    if (result != 0)
        return result;
    u16_t size = pbuf->tot_len, checksums = netif->chksum_flags;
    set_marks(socket, remote, wishes);
    if (size + HEADERS_MAX > netif->mtu) /* the device knows nothing of fragments */
        NETIF_SET_CHECKSUM_CTRL(netif, checksums | NETIF_CHECKSUM_GEN_UDP);
    err_t error = udp_sendto_if_src(socket->pcb, pbuf, remote, port, netif, &source);
    NETIF_SET_CHECKSUM_CTRL(netif, checksums);
    pbuf_remove_header(
        pbuf, (u16_t)(pbuf->tot_len - size)); /* lwIP leaves its header: for the next attempt */
    return error == ERR_MEM ? -EAGAIN : inet_error(error);
}

static ssize_t udp_socket_send(struct file *file, struct io *io, int flags,
                               const struct socket_address *address, struct control_in *control) {
    struct udp_socket *socket = of(file);
    struct datagram_wishes wishes;
    ip_addr_t remote;
    uint16_t port;
    size_t size = io->left;
    if (flags & MSG_OOB)
        return -EOPNOTSUPP;
    if (socket->inet.error != 0)
        return inet_take_error(&socket->inet);
    if (socket->send_shut)
        return -EPIPE;
    int result = destination(socket, address, &remote, &port);
    if (result == 0)
        result = datagram_wishes_read(&socket->inet, control, &wishes);
    if (result != 0)
        return result;
    size_t most = IP_IS_V6(&remote) ? PAYLOAD_MAX_6 : PAYLOAD_MAX;
    struct pbuf *pbuf = datagram_from_user(PBUF_TRANSPORT, io, most, &result);
    if (pbuf == NULL)
        return result;
    nanos_t deadline = option_deadline(socket->inet.send_timeout);
    do
        result = transmit(socket, pbuf, &remote, port, &wishes);
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
    if (flags & MSG_OOB)
        return -EOPNOTSUPP;
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
    bool readable = !list_empty(&socket->queue.datagrams) || socket->queue.ended;
    return EPOLLOUT | (readable ? EPOLLIN : 0) | (socket->queue.ended ? EPOLLRDHUP : 0) |
           (socket->inet.error != 0 ? EPOLLERR | EPOLLIN : 0);
}

static int udp_socket_shutdown(struct file *file, int how) {
    struct udp_socket *socket = of(file);
    if (how < SHUT_RD || how > SHUT_RDWR)
        return -EINVAL;
    if (!connected(socket))
        return -ENOTCONN;
    socket->queue.ended |= how != SHUT_WR;
    socket->send_shut |= how != SHUT_RD;
    inet_wake(&socket->inet, EPOLLIN | EPOLLRDHUP);
    return 0;
}

static int udp_socket_name(struct file *file, struct socket_address *address, bool peer) {
    const struct udp_socket *socket = of(file);
    if (peer && !connected(socket))
        return -ENOTCONN;
    if (peer)
        socket->inet.family->write(address, &socket->pcb->remote_ip, socket->pcb->remote_port);
    else
        socket->inet.family->write(address, &socket->pcb->local_ip, socket->pcb->local_port);
    return 0;
}

/* lwIP refuses a port that is taken unless both have SOF_REUSEADDR: who may share it is our own
 * decision, port_taken's. */
static void apply_options(struct udp_socket *socket) {
    struct udp_pcb *pcb = socket->pcb;
    ip_set_option(pcb, SOF_REUSEADDR);
    if (socket->inet.broadcast)
        ip_set_option(pcb, SOF_BROADCAST);
    else
        ip_reset_option(pcb, SOF_BROADCAST);
    udp_bind_netif(pcb, netif_get_by_index(socket->inet.interface));
    if (pcb->local_port == 0)
        set_any(socket);
}

enum { UDPLITE_SEND_CSCOV = 10, UDPLITE_RECV_CSCOV = 11 };

/* RFC 3828, 3.1: the bytes that the checksum covers; 0: all of them, else the header at least. */
static int set_coverage(struct udp_socket *socket, int name, int number) {
    if (number < 0 || number > UINT16_MAX)
        return -EINVAL;
    uint16_t coverage = (uint16_t)(number != 0 ? MAX(number, UDP_HLEN) : 0);
    if (name == UDPLITE_SEND_CSCOV)
        socket->pcb->chksum_len_tx = coverage;
    else if (name == UDPLITE_RECV_CSCOV)
        socket->pcb->chksum_len_rx = coverage;
    else
        return -ENOPROTOOPT;
    return 0;
}

static int get_coverage(const struct udp_socket *socket, int name, void *value, uint32_t *size) {
    if (name == UDPLITE_SEND_CSCOV)
        return option_write_int(value, size, socket->pcb->chksum_len_tx);
    if (name == UDPLITE_RECV_CSCOV)
        return option_write_int(value, size, socket->pcb->chksum_len_rx);
    return -ENOPROTOOPT;
}

static int udp_set_option(struct file *file, int level, int name, const void *value,
                          uint32_t size) {
    struct udp_socket *socket = of(file);
    int number;
    if (level == SOL_UDPLITE && socket->inet.protocol == IPPROTO_UDPLITE)
        return option_read_int(value, size, &number) != 0 ? -EINVAL
                                                          : set_coverage(socket, name, number);
    int result = inet_set_option(&socket->inet, level, name, value, size);
    if (result == 0)
        apply_options(socket);
    return result;
}

static int udp_get_option(struct file *file, int level, int name, void *value, uint32_t *size) {
    struct udp_socket *socket = of(file);
    if (level == SOL_UDPLITE && socket->inet.protocol == IPPROTO_UDPLITE)
        return get_coverage(socket, name, value, size);
    return inet_get_option(&socket->inet, level, name, value, size);
}

static void release(struct file *file) {
    struct udp_socket *socket = of(file);
    udp_remove(socket->pcb);
    datagram_queue_clear(&socket->queue);
    inet_socket_gone(&socket->inet);
    kfree(socket);
}

static void unreachable(const struct inet_quote *flow, uint8_t protocol, int error) {
    if (protocol != IPPROTO_UDP && protocol != IPPROTO_UDPLITE)
        return;
    for (struct udp_pcb *pcb = udp_pcbs; pcb != NULL; pcb = pcb->next)
        if ((pcb->flags & UDP_FLAGS_CONNECTED) && pcb->local_port == flow->local_port &&
            pcb->remote_port == flow->remote_port && ip_addr_cmp(&pcb->remote_ip, &flow->remote)) {
            struct udp_socket *socket = pcb->recv_arg;
            socket->inet.error = error;
            inet_wake(&socket->inet, EPOLLIN | EPOLLERR);
        }
}

static int udp_ioctl(struct file *file, unsigned command, uaddr_t argument) {
    const struct udp_socket *socket = file->private;
    return inet_ioctl(command, argument, datagram_queue_next(&socket->queue));
}

static const struct file_ops ops = {
    .read = udp_socket_read,
    .write = udp_socket_write,
    .poll = udp_socket_poll,
    .ioctl = udp_ioctl,
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

static int create(const struct inet_family *family, int protocol, int flags, struct file **file) {
    if (protocol == 0)
        protocol = IPPROTO_UDP;
    if (protocol != IPPROTO_UDP && protocol != IPPROTO_UDPLITE)
        return -EPROTONOSUPPORT;
    struct udp_socket *socket = knew(struct udp_socket);
    struct udp_pcb *pcb = socket == NULL ? NULL : udp_new_ip_type(family->pcb_type);
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
    inet_socket_setup(&socket->inet, family, family->domain, SOCK_DGRAM, protocol);
    socket->inet.file = *file;
    if (protocol == IPPROTO_UDPLITE)
        udp_setflags(pcb, UDP_FLAGS_UDPLITE);
    udp_recv(pcb, received, socket);
    apply_options(socket);
    return 0;
}

static const struct inet_protocol udp_protocol = {
    .type = SOCK_DGRAM, .create = create, .unreachable = unreachable};
INET_PROTOCOL(udp_protocol);

/* Where lwIP starts to look for free ports: at random. */
CONTINUE(START_NETWORK, udp_init);
