/* What comes and goes beside the datagrams of AF_INET and AF_INET6: ip(7), ipv6(7), RFC 3542. */
#pragma once

#include "net/inet_family.h"

/* What a socket wants to be told of each datagram: bits of inet_socket's `wanted`. */
enum {
    WANT_TTL = 1,            /* IP_RECVTTL */
    WANT_TOS = 2,            /* IP_RECVTOS */
    WANT_PACKET_INFO = 4,    /* IP_PKTINFO */
    WANT_HOP_LIMIT = 8,      /* IPV6_RECVHOPLIMIT */
    WANT_TRAFFIC_CLASS = 16, /* IPV6_RECVTCLASS */
    WANT_PACKET_INFO_6 = 32, /* IPV6_RECVPKTINFO */
};

struct datagram_origin {
    ip_addr_t to;
    uint8_t interface, ttl, tos;
};

/* Of the packet that lwIP is giving us. */
struct datagram_origin datagram_origin_now(void);

/* What one datagram alone is to have. */
struct datagram_wishes {
    int ttl, tos;      /* -1: the socket's own */
    ip_addr_t source;  /* any: the socket's own */
    uint8_t interface; /* 0: the socket's own */
};

/* Reads the items that go beside a datagram: 0 or -EINVAL. */
int datagram_wishes_read(const struct inet_socket *socket, struct control_in *control,
                         struct datagram_wishes *wishes);

/* Puts what the socket wants to know: 0 or -EFAULT. */
int datagram_tell_origin(const struct inet_socket *socket, const struct datagram_origin *origin,
                         struct control_out *out);

/* The items of IPv4, for either family. */
int inet_tell_origin(const struct inet_socket *socket, const struct datagram_origin *origin,
                     struct control_out *out);
int inet_read_wish(const struct control_item *item, struct datagram_wishes *wishes);
