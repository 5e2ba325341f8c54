/* AF_INET and AF_INET6: what differs between them. lwIP's ip_addr_t has room for either version
 * where the service has net/ipv6/, and is an IPv4 address otherwise. */
#pragma once

#include "core/types.h"
#include "lwip/ip_addr.h"
#include "net/socket.h"

struct inet_socket;
struct datagram_origin;
struct datagram_wishes;

struct inet_family {
    int domain;
    uint8_t pcb_type; /* IPADDR_TYPE_*, for lwIP's pcbs */

    /* 0, -EINVAL or -EAFNOSUPPORT, or -ENETUNREACH for an address of the other version. */
    int (*parse)(const struct inet_socket *socket, const struct socket_address *from,
                 ip_addr_t *address, uint16_t *port);
    void (*write)(struct socket_address *to, const ip_addr_t *address, uint16_t port);

    /* Options of its own level; -ENOPROTOOPT for any other. NULL: it has none. */
    int (*set_option)(struct inet_socket *socket, int level, int name, const void *value,
                      uint32_t size);
    int (*get_option)(struct inet_socket *socket, int level, int name, void *value, uint32_t *size);

    /* What comes beside a datagram, as far as the socket wants it: 0 or -EFAULT. These two are NULL
     * where IPv4's are all (net/datagram/ancillary.h). */
    int (*tell_origin)(const struct inet_socket *socket, const struct datagram_origin *origin,
                       struct control_out *out);
    /* One item beside a datagram to send: 0 or -EINVAL. Items of other levels are passed over. */
    int (*read_wish)(const struct control_item *item, struct datagram_wishes *wishes);
};

extern const struct inet_family inet_family_4;

struct sockaddr_in {
    uint16_t family;
    uint16_t port; /* network byte order */
    uint32_t address;
    uint8_t zero[8];
};

/* Of AF_INET, without a socket. */
int inet_parse_address(const struct socket_address *from, ip_addr_t *address, uint16_t *port);
void inet_write_address(struct socket_address *to, const ip_addr_t *address, uint16_t port);

/* Makes a socket of the family, as socket() asks for it: 0 or -errno. */
int inet_create(const struct inet_family *family, int type, int protocol, int flags,
                struct file **file);

/* ---- addresses of either version (net/address.c) ---- */

/* IP_IS_V6, which is no use of its argument where there is one version. */
static inline bool inet_is_six(const ip_addr_t *address) {
    (void)address;
    return IP_IS_V6(address);
}

bool inet_address_is_local(const ip_addr_t *address); /* or any */

/* "Any" as a destination is this machine. */
void inet_any_is_loopback(ip_addr_t *address);

/* What to bind to: parsed, ours, and open to both versions where the socket is. 0 or -errno. */
int inet_local_address(const struct inet_socket *socket, const struct socket_address *from,
                       ip_addr_t *address, uint16_t *port);

/* Whether packets to `to` come to something bound to `bound`. */
bool inet_reaches(const ip_addr_t *bound, const ip_addr_t *to);

/* Whether some packet comes to things bound to either. */
bool inet_overlap(const ip_addr_t *a, const ip_addr_t *b);

/* The source address for packets to `destination`; false when there is no route. */
bool inet_source_for(const ip_addr_t *destination, ip_addr_t *source);
