/* Addresses of sockets, of either version of IP. */
#include "core/string.h"
#include "lwip/ip4.h"
#include "net/inet_socket.h"
#include "net/ipv6/ipv6.h"
#include "net/net.h"

int inet_parse_address(const struct socket_address *from, ip_addr_t *address, uint16_t *port) {
    struct sockaddr_in in;
    if (from->size < sizeof(in))
        return -EINVAL;
    memcpy(&in, from->bytes, sizeof(in));
    if (in.family != AF_INET)
        return -EAFNOSUPPORT;
    ip_addr_set_ip4_u32_val(*address, in.address);
    *port = __builtin_bswap16(in.port);
    return 0;
}

void inet_write_address(struct socket_address *to, const ip_addr_t *address, uint16_t port) {
    const struct sockaddr_in in = {
        .family = AF_INET, .port = __builtin_bswap16(port), .address = ip_2_ip4(address)->addr};
    memcpy(to->bytes, &in, sizeof(in));
    to->size = sizeof(in);
}

bool inet_address_is_local(const ip_addr_t *address) {
    const struct netif *ethernet = net_ethernet();
    if (IP_IS_V6(address))
        return inet6_address_is_local(address);
    const ip4_addr_t *ip = ip_2_ip4(address);
    return ip4_addr_isany(ip) || ip4_addr_isloopback(ip) ||
           (ethernet != NULL && ip4_addr_cmp(ip, netif_ip4_addr(ethernet)));
}

void inet_any_is_loopback(ip_addr_t *address) {
    if (ip_addr_isany(address))
        ip_addr_set_loopback(IP_IS_V6(address), address);
}

int inet_local_address(const struct inet_socket *socket, const struct socket_address *from,
                       ip_addr_t *address, uint16_t *port) {
    int result = socket->family->parse(socket, from, address, port);
    if (result != 0)
        return result;
    if (IP_IS_V6(address) && ip_addr_isany(address) && !socket->six_only) {
        IP_SET_TYPE(address, IPADDR_TYPE_ANY);
    }
    return 0;
}

bool inet_reaches(const ip_addr_t *bound, const ip_addr_t *to) {
    if (IP_IS_ANY_TYPE_VAL(*bound))
        return true;
    return IP_GET_TYPE(bound) == IP_GET_TYPE(to) &&
           (ip_addr_isany(bound) || ip_addr_cmp(bound, to));
}

bool inet_overlap(const ip_addr_t *a, const ip_addr_t *b) {
    return inet_reaches(a, b) || inet_reaches(b, a);
}

static bool source_for_4(const ip4_addr_t *destination, ip_addr_t *source) {
    struct netif *ethernet = net_ethernet();
    /* What goes to the own address travels over lo, and comes from that address all the same. */
    if (ethernet != NULL && ip4_addr_cmp(destination, netif_ip4_addr(ethernet))) {
        ip_addr_copy_from_ip4(*source, *destination);
        return true;
    }
    const struct netif *netif = ip4_route(destination);
    if (netif == NULL)
        return false;
    bool on_link = ip4_addr_netcmp(destination, netif_ip4_addr(netif), netif_ip4_netmask(netif));
    if (!on_link && ip4_addr_isany_val(*netif_ip4_gw(netif)))
        return false;
    ip_addr_copy_from_ip4(*source, *netif_ip4_addr(netif));
    return true;
}

bool inet_source_for(const ip_addr_t *destination, ip_addr_t *source) {
    return IP_IS_V6(destination) ? inet6_source_for(destination, source)
                                 : source_for_4(ip_2_ip4(destination), source);
}
