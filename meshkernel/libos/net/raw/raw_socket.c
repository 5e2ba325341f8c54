/* SOCK_RAW of AF_INET: IP packets, received with their header; sent with ours, or with the
 * application's own (IP_HDRINCL, IPPROTO_RAW) and then from any source. */
#include "core/alloc.h"
#include "lwip/inet_chksum.h"
#include "lwip/ip4.h"
#include "lwip/prot/ip4.h"
#include "lwip/raw.h"
#include "net/datagram/datagram_queue.h"
#include "net/inet_socket.h"
#include "net/net.h"
#include "net/socket_types.h"

#define IP_HDRINCL 3
#define PACKET_MAX 65535u

struct raw_socket {
    struct inet_socket inet; /* first */
    struct raw_pcb *pcb;
    struct datagram_queue queue;
    bool header_included;
};

static struct raw_socket *of(const struct file *file) {
    return file->private;
}

/* A copy: the packet goes on to whoever else it is for. */
static u8_t received(void *argument, struct raw_pcb *pcb, struct pbuf *packet,
                     const ip_addr_t *address) {
    struct raw_socket *socket = argument;
    struct socket_address from;
    (void)pcb;
    struct pbuf *copy = pbuf_clone(PBUF_RAW, PBUF_RAM, packet);
    const struct datagram_origin origin = datagram_origin_now();
    inet_write_address(&from, address, 0);
    if (copy != NULL)
        datagram_queue_add(&socket->queue, &socket->inet, copy, &from, &origin);
    return 0;
}

static int raw_socket_bind(struct file *file, const struct socket_address *address) {
    ip_addr_t ip;
    uint16_t port;
    int result = inet_parse_address(address, &ip, &port);
    if (result != 0)
        return result;
    if (!inet_address_is_local(&ip))
        return -EADDRNOTAVAIL;
    return inet_error(raw_bind(of(file)->pcb, &ip));
}

static int raw_socket_connect(struct file *file, const struct socket_address *address) {
    ip_addr_t ip;
    uint16_t port;
    int result = inet_parse_address(address, &ip, &port);
    return result != 0 ? result : inet_error(raw_connect(of(file)->pcb, &ip));
}

/* What Linux fills in: length and checksum always, source and identification where they are 0 (the
 * latter stays). */
static int send_own_header(struct pbuf *packet, const ip_addr_t *remote) {
    struct ip_hdr *ip = packet->payload;
    ip_addr_t source;
    if (packet->len < IP_HLEN || IPH_HL_BYTES(ip) < IP_HLEN || IPH_HL_BYTES(ip) > packet->len)
        return -EINVAL;
    if (!inet_source_for(remote, &source))
        return -ENETUNREACH;
    if (ip->src.addr == 0)
        ip->src.addr = ip_2_ip4(&source)->addr;
    IPH_LEN_SET(ip, lwip_htons(packet->tot_len));
    IPH_CHKSUM_SET(ip, 0);
    IPH_CHKSUM_SET(ip, inet_chksum(ip, IPH_HL_BYTES(ip)));
    struct netif *netif = ip4_route(ip_2_ip4(remote));
    if (netif == net_ethernet() && packet->tot_len > netif->mtu)
        return -EMSGSIZE;
    return inet_error(netif->output(netif, packet, ip_2_ip4(remote)));
}

static ssize_t raw_socket_send(struct file *file, struct io *io, int flags,
                               const struct socket_address *address, struct control_in *control) {
    struct raw_socket *socket = of(file);
    ip_addr_t remote = socket->pcb->remote_ip;
    uint16_t port;
    size_t size = io->left;
    (void)flags;
    (void)control; /* a packet of its own says what it wants itself */
    int result = 0;
    if (address->size != 0)
        result = inet_parse_address(address, &remote, &port);
    else if (!(socket->pcb->flags & RAW_FLAGS_CONNECTED))
        result = -EDESTADDRREQ;
    if (result != 0)
        return result;
    int layer = socket->header_included ? PBUF_LINK : PBUF_IP;
    struct pbuf *packet = datagram_from_user(layer, io, PACKET_MAX - 20, &result);
    if (packet == NULL)
        return result;
    if (socket->header_included)
        result = send_own_header(packet, &remote);
    else
        result = inet_error(raw_sendto(socket->pcb, packet, &remote));
    pbuf_free(packet);
    net_settle();
    return result < 0 ? result : (ssize_t)size;
}

static ssize_t raw_socket_receive(struct file *file, struct io *io, int flags,
                                  struct socket_address *address, int *flags_out,
                                  struct control_out *control) {
    struct raw_socket *socket = of(file);
    return datagram_receive(&socket->queue, &socket->inet, io, flags, address, flags_out, control);
}

static ssize_t raw_socket_read(struct file *file, struct io *io, uint64_t *offset) {
    struct socket_address from;
    int flags;
    (void)offset;
    return raw_socket_receive(file, io, 0, &from, &flags, NULL);
}

static ssize_t raw_socket_write(struct file *file, struct io *io, uint64_t *offset) {
    const struct socket_address none = {0};
    (void)offset;
    return raw_socket_send(file, io, 0, &none, NULL);
}

static uint32_t raw_socket_poll(struct file *file) {
    const struct raw_socket *socket = of(file);
    return EPOLLOUT | (list_empty(&socket->queue.datagrams) ? 0 : EPOLLIN);
}

static int raw_socket_name(struct file *file, struct socket_address *address, bool peer) {
    const struct raw_pcb *pcb = of(file)->pcb;
    if (peer && !(pcb->flags & RAW_FLAGS_CONNECTED))
        return -ENOTCONN;
    inet_write_address(address, peer ? &pcb->remote_ip : &pcb->local_ip, pcb->protocol);
    return 0;
}

static int set_other_option(struct raw_socket *socket, int level, int name, const void *value,
                            uint32_t size) {
    int result = inet_set_option(&socket->inet, level, name, value, size);
    socket->pcb->ttl = socket->inet.ttl;
    socket->pcb->tos = socket->inet.tos;
    return result;
}

static int raw_set_option(struct file *file, int level, int name, const void *value,
                          uint32_t size) {
    struct raw_socket *socket = of(file);
    int number;
    if (level != SOL_IP || name != IP_HDRINCL)
        return set_other_option(socket, level, name, value, size);
    int result = option_read_int(value, size, &number);
    if (result == 0)
        socket->header_included = number != 0;
    return result;
}

static int raw_get_option(struct file *file, int level, int name, void *value, uint32_t *size) {
    struct raw_socket *socket = of(file);
    if (level == SOL_IP && name == IP_HDRINCL)
        return option_write_int(value, size, socket->header_included);
    return inet_get_option(&socket->inet, level, name, value, size);
}

static void release(struct file *file) {
    struct raw_socket *socket = of(file);
    raw_remove(socket->pcb);
    datagram_queue_clear(&socket->queue);
    inet_socket_gone(&socket->inet);
    kfree(socket);
}

static int raw_ioctl(struct file *file, unsigned command, uaddr_t argument) {
    (void)file;
    return inet_ioctl(command, argument, 0);
}

static const struct file_ops ops = {
    .read = raw_socket_read,
    .write = raw_socket_write,
    .poll = raw_socket_poll,
    .ioctl = raw_ioctl,
    .release = release,
};

static const struct socket_ops socket_ops = {
    .bind = raw_socket_bind,
    .connect = raw_socket_connect,
    .get_name = raw_socket_name,
    .send = raw_socket_send,
    .receive = raw_socket_receive,
    .set_option = raw_set_option,
    .get_option = raw_get_option,
};

/* Of AF_INET alone: nothing that Python programs use asks for more. */
static int create(const struct inet_family *family, int protocol, int flags, struct file **file) {
    if (family != &inet_family_4 || protocol <= 0 || protocol > IPPROTO_RAW)
        return -EPROTONOSUPPORT;
    struct raw_socket *socket = knew(struct raw_socket);
    struct raw_pcb *pcb = socket == NULL ? NULL : raw_new((u8_t)protocol);
    *file = pcb == NULL ? NULL : file_new(&ops, socket, flags | O_RDWR);
    if (*file == NULL) {
        if (pcb != NULL)
            raw_remove(pcb);
        kfree(socket);
        return -ENOMEM;
    }
    (*file)->socket = &socket_ops;
    socket->pcb = pcb;
    socket->header_included = protocol == IPPROTO_RAW;
    datagram_queue_init(&socket->queue);
    inet_socket_setup(&socket->inet, &inet_family_4, AF_INET, SOCK_RAW, protocol);
    socket->inet.file = *file;
    ip_set_option(pcb, SOF_BROADCAST);
    raw_recv(pcb, received, socket);
    return 0;
}

static const struct inet_protocol raw_protocol = {.type = SOCK_RAW, .create = create};
INET_PROTOCOL(raw_protocol);
