/* Socket options that do not depend on the protocol. */
#include "core/string.h"
#include "net/datagram/ancillary.h"
#include "net/inet_socket.h"
#include "net/interface.h"
#include "net/socket_types.h"

enum { /* of SOL_IP */
       IP_TOS = 1,
       IP_TTL = 2,
       IP_PKTINFO = 8,
       IP_MTU_DISCOVER = 10,
       IP_RECVERR = 11,
       IP_RECVTTL = 12,
       IP_RECVTOS = 13,
       IP_BIND_ADDRESS_NO_PORT = 24,
};

struct linger {
    int32_t on, seconds;
};

static int set_linger(struct inet_socket *socket, const void *value, uint32_t size) {
    struct linger linger;
    if (size < sizeof(linger))
        return -EINVAL;
    memcpy(&linger, value, sizeof(linger));
    socket->linger = linger.on ? MAX(linger.seconds, 0) : -1;
    return 0;
}

/* Those that mean nothing to us, and that Linux remembers all the same: bits of `flags`. */
static bool is_remembered(int name) {
    return name == SO_DEBUG || name == SO_DONTROUTE || name == SO_KEEPALIVE || name == SO_OOBINLINE;
}

/* The value is a name, with or without a NUL; an empty one: any interface. */
static int set_interface(struct inet_socket *socket, const void *value, uint32_t size) {
    char name[INTERFACE_NAME] = {0};
    memcpy(name, value, MIN(size, (uint32_t)sizeof(name) - 1));
    const struct netif *netif = interface_by_name(name);
    if (name[0] != 0 && netif == NULL)
        return -ENODEV;
    socket->interface = name[0] == 0 ? 0 : netif_get_index(netif);
    return 0;
}

static int write_interface(void *value, uint32_t *size, uint8_t index) {
    char name[INTERFACE_NAME];
    const struct netif *netif = netif_get_by_index(index);
    if (netif == NULL)
        return option_write(value, size, "", 0);
    if (*size < sizeof(name))
        return -EINVAL;
    interface_name(netif, name);
    return option_write(value, size, name, (uint32_t)strlen(name) + 1);
}

/* Linux doubles what it is given, and getsockopt tells the doubled value. */
static uint32_t buffer_size(int number) {
    return number < 0 ? BUFFER_MAX : MAX(MIN((uint32_t)number, BUFFER_MAX) * 2, 2304u);
}

static int set_socket_option(struct inet_socket *socket, int name, const void *value,
                             uint32_t size) {
    int number;
    if (name == SO_LINGER)
        return set_linger(socket, value, size);
    if (name == SO_RCVTIMEO)
        return option_read_timeout(value, size, &socket->receive_timeout);
    if (name == SO_SNDTIMEO)
        return option_read_timeout(value, size, &socket->send_timeout);
    if (name == SO_BINDTODEVICE)
        return set_interface(socket, value, size);
    if (size < sizeof(number) || option_read_int(value, size, &number) != 0)
        return -EINVAL;
    switch (name) {
    case SO_RCVBUF:
        socket->receive_buffer = buffer_size(number);
        return 0;
    case SO_SNDBUF:
        socket->send_buffer = buffer_size(number);
        return 0;
    case SO_REUSEADDR:
        socket->reuse_address = number != 0;
        return 0;
    case SO_REUSEPORT:
        socket->reuse_port = number != 0;
        return 0;
    case SO_BROADCAST:
        socket->broadcast = number != 0;
        return 0;
    case SO_PRIORITY:
    case SO_RCVLOWAT:
        return 0;
    default:
        if (!is_remembered(name))
            return -ENOPROTOOPT;
        socket->flags = (socket->flags & ~(1u << name)) | (number != 0 ? 1u << name : 0);
        return 0;
    }
}

static void want(struct inet_socket *socket, unsigned what, int number) {
    socket->wanted = (uint16_t)(number != 0 ? socket->wanted | what : socket->wanted & ~what);
}

static int set_ip_option(struct inet_socket *socket, int name, int number) {
    switch (name) {
    case IP_TOS: /* of a connection, the other two bits are its own (ECN) */
        socket->tos = (uint8_t)(socket->type == SOCK_STREAM ? number & 0xfc : number);
        return 0;
    case IP_TTL:
        if (number != -1 && (number < 1 || number > 255))
            return -EINVAL;
        socket->ttl = number == -1 ? DEFAULT_TTL : (uint8_t)number;
        return 0;
    case IP_PKTINFO:
        want(socket, WANT_PACKET_INFO, number);
        return 0;
    case IP_RECVTTL:
        want(socket, WANT_TTL, number);
        return 0;
    case IP_RECVTOS:
        want(socket, WANT_TOS, number);
        return 0;
    case IP_MTU_DISCOVER:
    case IP_RECVERR:
    case IP_BIND_ADDRESS_NO_PORT:
        return 0;
    default:
        return -ENOPROTOOPT;
    }
}

int inet_set_option(struct inet_socket *socket, int level, int name, const void *value,
                    uint32_t size) {
    int number;
    if (level == SOL_SOCKET)
        return set_socket_option(socket, name, value, size);
    if (socket->family == NULL)
        return -ENOPROTOOPT;
    if (level == SOL_IP)
        return option_read_int(value, size, &number) != 0 ? -EINVAL
                                                          : set_ip_option(socket, name, number);
    if (socket->family->set_option != NULL)
        return socket->family->set_option(socket, level, name, value, size);
    return -ENOPROTOOPT;
}

static int get_ip_option(const struct inet_socket *socket, int name, void *value, uint32_t *size) {
    switch (name) {
    case IP_TOS:
        return option_write_int(value, size, socket->tos);
    case IP_TTL:
        return option_write_int(value, size, socket->ttl);
    case IP_PKTINFO:
        return option_write_int(value, size, (socket->wanted & WANT_PACKET_INFO) != 0);
    case IP_RECVTTL:
        return option_write_int(value, size, (socket->wanted & WANT_TTL) != 0);
    case IP_RECVTOS:
        return option_write_int(value, size, (socket->wanted & WANT_TOS) != 0);
    case IP_MTU_DISCOVER:
        return option_write_int(value, size, 1); /* IP_PMTUDISC_WANT, the default */
    case IP_RECVERR:
        return option_write_int(value, size, 0);
    default:
        return -ENOPROTOOPT;
    }
}

static int get_socket_option(struct inet_socket *socket, int name, void *value, uint32_t *size) {
    const struct linger linger = {socket->linger >= 0, MAX(socket->linger, 0)};
    switch (name) {
    case SO_TYPE:
        return option_write_int(value, size, socket->type);
    case SO_PROTOCOL:
        return option_write_int(value, size, socket->protocol);
    case SO_DOMAIN:
        return option_write_int(value, size, socket->domain);
    case SO_ERROR:
        return option_write_int(value, size, -inet_take_error(socket));
    case SO_LINGER:
        return option_write(value, size, &linger, sizeof(linger));
    case SO_RCVTIMEO:
        return option_write_timeout(value, size, socket->receive_timeout);
    case SO_SNDTIMEO:
        return option_write_timeout(value, size, socket->send_timeout);
    case SO_RCVBUF:
        return option_write_int(value, size, (int)socket->receive_buffer);
    case SO_SNDBUF:
        return option_write_int(value, size, (int)socket->send_buffer);
    case SO_REUSEPORT:
        return option_write_int(value, size, socket->reuse_port);
    case SO_RCVLOWAT:
    case SO_SNDLOWAT:
        return option_write_int(value, size, 1);
    case SO_REUSEADDR:
        return option_write_int(value, size, socket->reuse_address);
    case SO_BROADCAST:
        return option_write_int(value, size, socket->broadcast);
    case SO_BINDTODEVICE:
        return write_interface(value, size, socket->interface);
    case SO_ACCEPTCONN:
    case SO_PRIORITY:
        return option_write_int(value, size, 0);
    default:
        return is_remembered(name) ? option_write_int(value, size, socket->flags >> name & 1)
                                   : -ENOPROTOOPT;
    }
}

int inet_get_option(struct inet_socket *socket, int level, int name, void *value, uint32_t *size) {
    if (level == SOL_SOCKET)
        return get_socket_option(socket, name, value, size);
    if (socket->family == NULL)
        return -ENOPROTOOPT;
    if (level == SOL_IP)
        return get_ip_option(socket, name, value, size);
    if (socket->family->get_option != NULL)
        return socket->family->get_option(socket, level, name, value, size);
    return -EOPNOTSUPP; /* Linux tells reading from setting here */
}
