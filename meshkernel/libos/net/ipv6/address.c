/* Addresses of AF_INET6 sockets: struct sockaddr_in6, ipv6(7). */
#include "core/string.h"
#include "lwip/netif.h"
#include "net/ipv6/internal.h"
#include "net/net.h"

#define SIZE_WITHOUT_SCOPE 24u /* of RFC 2133: Linux takes it still */

struct sockaddr_in6 {
    uint16_t family;
    uint16_t port; /* network byte order */
    uint32_t flow;
    uint8_t address[16];
    uint32_t scope;
};
_Static_assert(sizeof(struct sockaddr_in6) == 28, "struct sockaddr_in6");

void inet6_from_bytes(ip_addr_t *address, const uint8_t bytes[16]) {
    ip_addr_set_any(true, address);
    memcpy(ip_2_ip6(address)->addr, bytes, 16);
    if (ip6_addr_isipv4mappedipv6(ip_2_ip6(address))) {
        uint32_t mapped = ip_2_ip6(address)->addr[3];
        ip_addr_set_ip4_u32(address, mapped);
    }
}

void inet6_to_bytes(const ip_addr_t *address, uint8_t bytes[16]) {
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
    if (IP_IS_V4_VAL(*address)) {
        memcpy(bytes, prefix, sizeof(prefix));
        memcpy(bytes + sizeof(prefix), &ip_2_ip4(address)->addr, 4);
    } else {
        memcpy(bytes, ip_2_ip6(address)->addr, 16);
    }
}

static bool needs_scope(const ip_addr_t *address) {
    return IP_IS_V6(address) && (ip6_addr_islinklocal(ip_2_ip6(address)) ||
                                 ip6_addr_ismulticast_linklocal(ip_2_ip6(address)));
}

int inet6_parse(const struct inet_socket *socket, const struct socket_address *from,
                ip_addr_t *address, uint16_t *port) {
    struct sockaddr_in6 in = {0};
    if (from->size < SIZE_WITHOUT_SCOPE)
        return -EINVAL;
    memcpy(&in, from->bytes, MIN(from->size, (uint32_t)sizeof(in)));
    if (in.family != AF_INET6)
        return -EAFNOSUPPORT;
    inet6_from_bytes(address, in.address);
    *port = __builtin_bswap16(in.port);
    if (IP_IS_V4_VAL(*address))
        return socket->six_only ? -ENETUNREACH : 0;
    if (!needs_scope(address))
        return 0;
    uint32_t scope = in.scope != 0 ? in.scope : socket->interface;
    if (scope == 0)
        return -EINVAL;
    if (scope > UINT8_MAX || netif_get_by_index((u8_t)scope) == NULL)
        return -ENODEV;
    ip6_addr_set_zone(ip_2_ip6(address), (u8_t)scope);
    return 0;
}

void inet6_write(struct socket_address *to, const ip_addr_t *address, uint16_t port) {
    struct sockaddr_in6 in = {.family = AF_INET6, .port = __builtin_bswap16(port)};
    inet6_to_bytes(address, in.address);
    if (IP_IS_V6(address))
        in.scope = ip6_addr_zone(ip_2_ip6(address));
    memcpy(to->bytes, &in, sizeof(in));
    to->size = sizeof(in);
}

bool inet6_address_is_local(const ip_addr_t *address) {
    const struct netif *ethernet = net_ethernet();
    const ip6_addr_t *ip = ip_2_ip6(address);
    return ip6_addr_isany(ip) || ip6_addr_isloopback(ip) ||
           (ethernet != NULL && ip6_addr_cmp(ip, netif_ip6_addr(ethernet, 0)));
}

/* There are no routes: a destination is this machine, or a neighbour on the link that it names. */
bool inet6_source_for(const ip_addr_t *destination, ip_addr_t *source) {
    const ip6_addr_t *ip = ip_2_ip6(destination);
    const struct netif *ethernet = net_ethernet();
    if (ip6_addr_isloopback(ip)) {
        *source = *destination;
        return true;
    }
    if (ethernet == NULL || !ip6_addr_islinklocal(ip) || !ip6_addr_test_zone(ip, ethernet))
        return false;
    ip_addr_copy_from_ip6(*source, *netif_ip6_addr(ethernet, 0));
    return true;
}
