/* Sockets of AF_NETLINK, netlink(7): a request is answered at once, into the socket's own queue. */
#include "core/alloc.h"
#include "core/start.h"
#include "core/string.h"
#include "lwip/pbuf.h"
#include "net/datagram/datagram_queue.h"
#include "net/inet_socket.h"
#include "net/netlink/netlink.h"

#define AF_NETLINK 16
#define NETLINK_ROUTE 0
#define REQUEST_MAX 1024u

struct sockaddr_nl {
    uint16_t family, pad;
    uint32_t port, groups;
};

struct netlink_socket {
    struct inet_socket inet; /* first */
    struct datagram_queue queue;
    uint32_t port; /* 0: none yet */
};

static struct netlink_socket *of(const struct file *file) {
    return file->private;
}

static int parse(const struct socket_address *from, struct sockaddr_nl *address) {
    if (from->size < sizeof(*address))
        return -EINVAL;
    memcpy(address, from->bytes, sizeof(*address));
    return address->family == AF_NETLINK ? 0 : -EINVAL;
}

static void write_address(struct socket_address *to, uint32_t port) {
    const struct sockaddr_nl address = {.family = AF_NETLINK, .port = port};
    memcpy(to->bytes, &address, sizeof(address));
    to->size = sizeof(address);
}

/* Linux begins with the number of the process; one service has no more sockets than numbers. */
static void choose_port(struct netlink_socket *socket) {
    static uint32_t next = 1;
    if (socket->port == 0)
        socket->port = next++;
}

/* Groups may be joined: none of them ever has anything to say. */
static int netlink_bind(struct file *file, const struct socket_address *from) {
    struct netlink_socket *socket = of(file);
    struct sockaddr_nl address;
    int result = parse(from, &address);
    if (result != 0)
        return result;
    if (socket->port != 0 && address.port != socket->port)
        return -EINVAL;
    socket->port = address.port;
    choose_port(socket);
    return 0;
}

/* To the kernel, which is port 0 and the only one to talk to. */
static int netlink_connect(struct file *file, const struct socket_address *to) {
    struct sockaddr_nl address;
    int result = parse(to, &address);
    choose_port(of(file));
    return result != 0 ? result : address.port == 0 ? 0 : -ECONNREFUSED;
}

static int answer(struct netlink_socket *socket, const uint8_t *request, size_t size) {
    static uint8_t bytes[NETLINK_ANSWER_MAX];
    struct netlink_header header;
    struct socket_address from;
    memcpy(&header, request, sizeof(header));
    if (header.size < sizeof(header) || header.size > size)
        return 0; /* Linux passes over what is no message */
    size_t length = netlink_answer(&header, request + sizeof(header), header.size - sizeof(header),
                                   socket->port, bytes);
    struct pbuf *pbuf = pbuf_alloc(PBUF_RAW, (u16_t)length, PBUF_RAM);
    if (pbuf == NULL)
        return -ENOBUFS;
    memcpy(pbuf->payload, bytes, length);
    write_address(&from, 0);
    return datagram_queue_add(&socket->queue, &socket->inet, pbuf, &from, NULL) ? 0 : -ENOBUFS;
}

static ssize_t netlink_send(struct file *file, struct io *io, int flags,
                            const struct socket_address *to, struct control_in *control) {
    uint8_t request[REQUEST_MAX];
    struct sockaddr_nl address = {0};
    size_t size = io->left;
    int result = to->size == 0 ? 0 : parse(to, &address);
    (void)flags, (void)control;
    if (result != 0)
        return result;
    if (address.port != 0)
        return -ECONNREFUSED;
    if (size > sizeof(request))
        return -EMSGSIZE;
    if (io_from_user(io, request, size) != (ssize_t)size)
        return -EFAULT;
    choose_port(of(file));
    if (size >= sizeof(struct netlink_header))
        result = answer(of(file), request, size);
    return result != 0 ? result : (ssize_t)size;
}

static ssize_t netlink_receive(struct file *file, struct io *io, int flags,
                               struct socket_address *address, int *flags_out,
                               struct control_out *control) {
    struct netlink_socket *socket = of(file);
    return datagram_receive(&socket->queue, &socket->inet, io, flags, address, flags_out, control);
}

static ssize_t netlink_read(struct file *file, struct io *io, uint64_t *offset) {
    struct socket_address from;
    int flags;
    (void)offset;
    return netlink_receive(file, io, 0, &from, &flags, NULL);
}

static ssize_t netlink_write(struct file *file, struct io *io, uint64_t *offset) {
    const struct socket_address none = {0};
    (void)offset;
    return netlink_send(file, io, 0, &none, NULL);
}

static uint32_t netlink_poll(struct file *file) {
    return EPOLLOUT | (list_empty(&of(file)->queue.datagrams) ? 0 : EPOLLIN);
}

static int netlink_name(struct file *file, struct socket_address *address, bool peer) {
    write_address(address, peer ? 0 : of(file)->port);
    return 0;
}

static int netlink_set_option(struct file *file, int level, int name, const void *value,
                              uint32_t size) {
    enum { SOL_NETLINK = 270 };
    return level == SOL_NETLINK ? 0 : inet_set_option(&of(file)->inet, level, name, value, size);
}

static int netlink_get_option(struct file *file, int level, int name, void *value, uint32_t *size) {
    return inet_get_option(&of(file)->inet, level, name, value, size);
}

static int netlink_ioctl(struct file *file, unsigned command, uaddr_t argument) {
    (void)file;
    return socket_interface_ioctl(command, argument);
}

static void release(struct file *file) {
    struct netlink_socket *socket = of(file);
    datagram_queue_clear(&socket->queue);
    inet_socket_gone(&socket->inet);
    kfree(socket);
}

static int create(int type, int protocol, int flags, struct file **file) {
    static const struct file_ops ops = {
        .read = netlink_read,
        .write = netlink_write,
        .poll = netlink_poll,
        .ioctl = netlink_ioctl,
        .release = release,
    };
    static const struct socket_ops socket_ops = {
        .bind = netlink_bind,
        .connect = netlink_connect,
        .get_name = netlink_name,
        .send = netlink_send,
        .receive = netlink_receive,
        .set_option = netlink_set_option,
        .get_option = netlink_get_option,
    };
    if (type != SOCK_RAW && type != SOCK_DGRAM)
        return -ESOCKTNOSUPPORT;
    if (protocol != NETLINK_ROUTE)
        return -EPROTONOSUPPORT;
    struct netlink_socket *socket = knew(struct netlink_socket);
    *file = socket == NULL ? NULL : file_new(&ops, socket, flags | O_RDWR);
    if (*file == NULL) {
        kfree(socket);
        return -ENOMEM;
    }
    (*file)->socket = &socket_ops;
    datagram_queue_init(&socket->queue);
    inet_socket_setup(&socket->inet, NULL, AF_NETLINK, type, protocol);
    socket->inet.file = *file;
    return 0;
}

static void netlink_init(void) {
    static const struct socket_family family = {.family = AF_NETLINK, .create = create};
    socket_register(&family);
}
START(START_NETWORK, netlink_init);
