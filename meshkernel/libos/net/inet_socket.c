#include "net/inet_socket.h"

#include "core/clock.h"
#include "core/string.h"
#include "linux/signal.h"
#include "net/input.h"
#include "net/socket_types.h"

#define FIONREAD 0x541b

static struct list sockets = LIST_INIT(sockets);

void inet_socket_setup(struct inet_socket *socket, const struct inet_family *family, int domain,
                       int type, int protocol) {
    socket->family = family;
    socket->domain = domain;
    socket->type = type;
    socket->protocol = protocol;
    socket->receive_buffer = DEFAULT_BUFFER;
    socket->send_buffer = DEFAULT_BUFFER;
    socket->ttl = DEFAULT_TTL;
    socket->hop_limit = DEFAULT_TTL;
    socket->linger = -1;
    list_append(&sockets, &socket->link);
}

void inet_socket_gone(struct inet_socket *socket) {
    list_remove(&socket->link);
}

/* Datagrams wait for the device's queue; connections hear of it from lwIP. */
void inet_sockets_transmit_ready(void) {
    LIST_FOR_EACH(node, &sockets) {
        struct inet_socket *socket = LIST_ENTRY(node, struct inet_socket, link);
        if (socket->type != SOCK_STREAM)
            inet_wake(socket, EPOLLOUT);
    }
}

void inet_wake(struct inet_socket *socket, uint32_t events) {
    if (socket->file != NULL)
        wait_wake(&socket->file->waiters, events);
}

int inet_take_error(struct inet_socket *socket) {
    int error = socket->error;
    socket->error = 0;
    return -error;
}

int inet_error(err_t error) {
    switch (error) {
    case ERR_OK:
        return 0;
    case ERR_MEM:
    case ERR_BUF:
        return -ENOBUFS;
    case ERR_TIMEOUT:
        return -ETIMEDOUT;
    case ERR_RTE:
        return -ENETUNREACH;
    case ERR_USE:
        return -EADDRINUSE;
    case ERR_ALREADY:
        return -EALREADY;
    case ERR_ISCONN:
        return -EISCONN;
    case ERR_CONN:
    case ERR_CLSD:
        return -ENOTCONN;
    case ERR_ABRT:
        return -ECONNABORTED;
    case ERR_RST:
        return -ECONNRESET;
    case ERR_IF:
        return -ENETDOWN;
    default:
        return -EINVAL;
    }
}

bool inet_nonblocking(const struct file *file, int flags) {
    return (file->flags & O_NONBLOCK) || (flags & MSG_DONTWAIT);
}

int inet_wait(struct inet_socket *socket, nanos_t deadline) {
    int result = wait_sleep(&socket->file->waiters, deadline);
    if (result == -EINTR && deadline == NANOS_NEVER)
        return -ERESTARTSYS;
    return result == -ETIMEDOUT ? -EAGAIN : result;
}

SET_DECLARE(inet_protocols, const struct inet_protocol *);

int inet_create(const struct inet_family *family, int type, int protocol, int flags,
                struct file **file) {
    SET_FOR_EACH(inet_protocols, const struct inet_protocol *, member) {
        if ((*member)->type == type)
            return (*member)->create(family, protocol, flags, file);
    }
    return -ESOCKTNOSUPPORT;
}

void net_unreachable(struct inet_quote *flow, uint8_t protocol,
                     const uint8_t quoted[static QUOTED_SIZE], int error) {
    flow->local_port = (uint16_t)(quoted[0] << 8 | quoted[1]);
    flow->remote_port = (uint16_t)(quoted[2] << 8 | quoted[3]);
    flow->sequence = (uint32_t)quoted[4] << 24 | (uint32_t)quoted[5] << 16 |
                     (uint32_t)quoted[6] << 8 | quoted[7];
    SET_FOR_EACH(inet_protocols, const struct inet_protocol *, member) {
        if ((*member)->unreachable)
            (*member)->unreachable(flow, protocol, error);
    }
}

int inet_ioctl(unsigned command, uaddr_t argument, uint32_t readable) {
    int32_t count = (int32_t)readable;
    return command == FIONREAD ? put_user(count, argument)
                               : socket_interface_ioctl(command, argument);
}

static int parse(const struct inet_socket *socket, const struct socket_address *from,
                 ip_addr_t *address, uint16_t *port) {
    (void)socket;
    return inet_parse_address(from, address, port);
}

const struct inet_family inet_family_4 = {
    .domain = AF_INET,
    .pcb_type = IPADDR_TYPE_V4,
    .parse = parse,
    .write = inet_write_address,
};

static int create(int type, int protocol, int flags, struct file **file) {
    return inet_create(&inet_family_4, type, protocol, flags, file);
}

void inet_sockets_init(void) {
    static const struct socket_family family = {.family = AF_INET, .create = create};
    socket_register(&family);
}
