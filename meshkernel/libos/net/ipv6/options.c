/* Options of IPPROTO_IPV6, ipv6(7). */
#include "net/ipv6/internal.h"
#include "net/socket_types.h"

enum {
    IPV6_UNICAST_HOPS = 16,
    IPV6_MULTICAST_IF = 17,
    IPV6_MULTICAST_HOPS = 18,
    IPV6_MULTICAST_LOOP = 19,
    IPV6_MTU_DISCOVER = 23,
    IPV6_RECVERR = 25,
    IPV6_V6ONLY = 26,
    IPV6_RECVPKTINFO = 49,
    IPV6_RECVHOPLIMIT = 51,
    IPV6_DONTFRAG = 62,
    IPV6_RECVTCLASS = 66,
    IPV6_TCLASS = 67,
};

static uint16_t wish_of(int name) {
    switch (name) {
    case IPV6_RECVPKTINFO:
        return WANT_PACKET_INFO_6;
    case IPV6_RECVHOPLIMIT:
        return WANT_HOP_LIMIT;
    case IPV6_RECVTCLASS:
        return WANT_TRAFFIC_CLASS;
    default:
        return 0;
    }
}

/* A byte, or -1 for the default. */
static int set_byte(uint8_t *to, int number, uint8_t otherwise) {
    if (number < -1 || number > UINT8_MAX)
        return -EINVAL;
    *to = number == -1 ? otherwise : (uint8_t)number;
    return 0;
}

int inet6_set_option(struct inet_socket *socket, int level, int name, const void *value,
                     uint32_t size) {
    int number;
    uint16_t wish = wish_of(name);
    if (level != SOL_IPV6)
        return -ENOPROTOOPT;
    if (size < sizeof(number) || option_read_int(value, size, &number) != 0)
        return -EINVAL;
    if (wish != 0) {
        socket->wanted = (uint16_t)(number != 0 ? socket->wanted | wish : socket->wanted & ~wish);
        return 0;
    }
    switch (name) {
    case IPV6_V6ONLY:
        socket->six_only = number != 0;
        return 0;
    case IPV6_UNICAST_HOPS:
        return number == 0 ? -EINVAL : set_byte(&socket->hop_limit, number, DEFAULT_TTL);
    case IPV6_TCLASS: /* of a connection, the other two bits are its own (ECN) */
        return set_byte(&socket->traffic_class,
                        socket->type == SOCK_STREAM && number > 0 ? number & ~3 : number, 0);
    case IPV6_MULTICAST_IF:
    case IPV6_MULTICAST_HOPS:
    case IPV6_MULTICAST_LOOP:
    case IPV6_MTU_DISCOVER:
    case IPV6_RECVERR:
    case IPV6_DONTFRAG:
        return 0;
    default:
        return -ENOPROTOOPT;
    }
}

int inet6_get_option(struct inet_socket *socket, int level, int name, void *value, uint32_t *size) {
    uint16_t wish = wish_of(name);
    if (level != SOL_IPV6)
        return -EOPNOTSUPP;
    if (wish != 0)
        return option_write_int(value, size, (socket->wanted & wish) != 0);
    switch (name) {
    case IPV6_V6ONLY:
        return option_write_int(value, size, socket->six_only);
    case IPV6_UNICAST_HOPS:
        return option_write_int(value, size, socket->hop_limit);
    case IPV6_TCLASS:
        return option_write_int(value, size, socket->traffic_class);
    case IPV6_MULTICAST_HOPS:
    case IPV6_MULTICAST_LOOP:
    case IPV6_MTU_DISCOVER:
        return option_write_int(value, size, 1); /* Linux' defaults */
    case IPV6_MULTICAST_IF:
    case IPV6_RECVERR:
    case IPV6_DONTFRAG:
        return option_write_int(value, size, 0);
    default:
        return -ENOPROTOOPT;
    }
}
