/* AF_PACKET: whole Ethernet frames. */
#include "core/alloc.h"
#include "core/start.h"
#include "core/string.h"
#include "net/datagram/datagram_queue.h"
#include "net/ethernet.h"
#include "net/inet_socket.h"
#include "net/net.h"
#include "net/socket_types.h"

#define ETH_P_ALL 3
#define PACKET_HOST 0
#define PACKET_BROADCAST 1
#define PACKET_MULTICAST 2
#define PACKET_OTHERHOST 3
#define PACKET_OUTGOING 4
#define ARPHRD_ETHER 1

struct sockaddr_ll {
    uint16_t family;
    uint16_t protocol; /* network byte order */
    int32_t interface;
    uint16_t hardware;
    uint8_t packet_type;
    uint8_t address_size;
    uint8_t address[8];
};

struct packet_socket {
    struct inet_socket inet; /* first */
    struct list link;
    struct datagram_queue queue;
    uint16_t protocol; /* host byte order, 0: receives nothing */
    int interface;     /* 0: any */
};

static struct list packet_sockets = LIST_INIT(packet_sockets);

static struct packet_socket *of(const struct file *file) {
    return file->private;
}

static uint8_t packet_type(const struct netif *netif, const struct ethernet_header *header,
                           bool outgoing) {
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    if (outgoing)
        return PACKET_OUTGOING;
    if (memcmp(header->destination, netif->hwaddr, 6) == 0)
        return PACKET_HOST;
    if (memcmp(header->destination, broadcast, 6) == 0)
        return PACKET_BROADCAST;
    return header->destination[0] & 1 ? PACKET_MULTICAST : PACKET_OTHERHOST;
}

static void write_address(struct socket_address *to, const struct netif *netif,
                          const struct ethernet_header *header, bool outgoing) {
    struct sockaddr_ll address = {
        .family = AF_PACKET,
        .protocol = header->type,
        .interface = netif_get_index(netif),
        .hardware = ARPHRD_ETHER,
        .packet_type = packet_type(netif, header, outgoing),
        .address_size = 6,
    };
    memcpy(address.address, header->source, 6);
    memcpy(to->bytes, &address, sizeof(address));
    to->size = sizeof(address);
}

/* As in Linux, only those that listen for all protocols see what goes out. */
static void see(struct netif *netif, struct pbuf *frame, bool outgoing) {
    const struct ethernet_header *header = frame->payload;
    LIST_FOR_EACH(node, &packet_sockets) {
        struct packet_socket *socket = LIST_ENTRY(node, struct packet_socket, link);
        bool all = socket->protocol == ETH_P_ALL;
        bool mine = !outgoing && socket->protocol == __builtin_bswap16(header->type);
        if ((!all && !mine) ||
            (socket->interface != 0 && socket->interface != netif_get_index(netif)))
            continue;
        struct socket_address from;
        struct pbuf *copy = pbuf_clone(PBUF_RAW, PBUF_RAM, frame);
        write_address(&from, netif, header, outgoing);
        if (copy != NULL)
            datagram_queue_add(&socket->queue, &socket->inet, copy, &from, NULL);
    }
}

static int parse(const struct socket_address *from, struct sockaddr_ll *address) {
    if (from->size < offsetof(struct sockaddr_ll, address))
        return -EINVAL;
    memcpy(address, from->bytes, sizeof(*address));
    return address->family == AF_PACKET ? 0 : -EAFNOSUPPORT;
}

static int packet_bind(struct file *file, const struct socket_address *from) {
    struct packet_socket *socket = of(file);
    struct sockaddr_ll address;
    int result = parse(from, &address);
    if (result != 0)
        return result;
    if (address.interface != 0 && netif_get_by_index((u8_t)address.interface) == NULL)
        return -ENODEV;
    socket->interface = address.interface;
    if (address.protocol != 0)
        socket->protocol = __builtin_bswap16(address.protocol);
    return 0;
}

static ssize_t packet_send(struct file *file, struct io *io, int flags,
                           const struct socket_address *to, struct control_in *control) {
    struct packet_socket *socket = of(file);
    struct netif *ethernet = net_ethernet();
    struct sockaddr_ll address = {.interface = socket->interface};
    size_t size = io->left;
    int result = to->size == 0 ? 0 : parse(to, &address);
    (void)flags;
    (void)control;
    if (result != 0)
        return result;
    if (ethernet == NULL || address.interface != netif_get_index(ethernet))
        return -ENXIO;
    if (size < ETHERNET_HEADER_SIZE)
        return -EINVAL;
    struct pbuf *frame =
        datagram_from_user(PBUF_RAW_TX, io, (size_t)ethernet->mtu + ETHERNET_HEADER_SIZE, &result);
    if (frame == NULL)
        return result;
    result = inet_error(ethernet_send(ethernet, frame));
    pbuf_free(frame);
    return result < 0 ? result : (ssize_t)size;
}

static ssize_t packet_receive(struct file *file, struct io *io, int flags,
                              struct socket_address *address, int *flags_out,
                              struct control_out *control) {
    struct packet_socket *socket = of(file);
    return datagram_receive(&socket->queue, &socket->inet, io, flags, address, flags_out, control);
}

static ssize_t packet_read(struct file *file, struct io *io, uint64_t *offset) {
    struct socket_address from;
    int flags;
    (void)offset;
    return packet_receive(file, io, 0, &from, &flags, NULL);
}

static ssize_t packet_write(struct file *file, struct io *io, uint64_t *offset) {
    const struct socket_address none = {0};
    (void)offset;
    return packet_send(file, io, 0, &none, NULL);
}

static uint32_t packet_poll(struct file *file) {
    return EPOLLOUT | (list_empty(&of(file)->queue.datagrams) ? 0 : EPOLLIN);
}

static int packet_name(struct file *file, struct socket_address *address, bool peer) {
    const struct packet_socket *socket = of(file);
    if (peer)
        return -EOPNOTSUPP;
    struct sockaddr_ll own = {
        .family = AF_PACKET,
        .protocol = __builtin_bswap16(socket->protocol),
        .interface = socket->interface,
    };
    const struct netif *ethernet = net_ethernet();
    if (ethernet != NULL && own.interface == netif_get_index(ethernet)) {
        own.hardware = ARPHRD_ETHER;
        own.address_size = 6;
        memcpy(own.address, ethernet->hwaddr, 6);
    }
    memcpy(address->bytes, &own, sizeof(own));
    address->size = sizeof(own);
    return 0;
}

static int packet_set_option(struct file *file, int level, int name, const void *value,
                             uint32_t size) {
    return inet_set_option(&of(file)->inet, level, name, value, size);
}

static int packet_get_option(struct file *file, int level, int name, void *value, uint32_t *size) {
    return inet_get_option(&of(file)->inet, level, name, value, size);
}

static void release(struct file *file) {
    struct packet_socket *socket = of(file);
    list_remove(&socket->link);
    datagram_queue_clear(&socket->queue);
    inet_socket_gone(&socket->inet);
    kfree(socket);
}

static int packet_ioctl(struct file *file, unsigned command, uaddr_t argument) {
    (void)file;
    return inet_ioctl(command, argument, 0);
}

static int create(int type, int protocol, int flags, struct file **file) {
    static const struct file_ops ops = {
        .read = packet_read,
        .write = packet_write,
        .poll = packet_poll,
        .ioctl = packet_ioctl,
        .release = release,
    };
    static const struct socket_ops socket_ops = {
        .bind = packet_bind,
        .get_name = packet_name,
        .send = packet_send,
        .receive = packet_receive,
        .set_option = packet_set_option,
        .get_option = packet_get_option,
    };
    if (type != SOCK_RAW)
        return -ESOCKTNOSUPPORT;
    struct packet_socket *socket = knew(struct packet_socket);
    *file = socket == NULL ? NULL : file_new(&ops, socket, flags | O_RDWR);
    if (*file == NULL) {
        kfree(socket);
        return -ENOMEM;
    }
    (*file)->socket = &socket_ops;
    socket->protocol = __builtin_bswap16((uint16_t)protocol);
    datagram_queue_init(&socket->queue);
    inet_socket_setup(&socket->inet, NULL, AF_PACKET, SOCK_RAW, protocol);
    socket->inet.file = *file;
    list_append(&packet_sockets, &socket->link);
    return 0;
}

static void packet_init(void) {
    static const struct socket_family family = {.family = AF_PACKET, .create = create};
    socket_register(&family);
    ethernet_watch = see;
}
START(START_NETWORK, packet_init);
