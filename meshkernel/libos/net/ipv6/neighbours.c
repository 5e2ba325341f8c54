/* Neighbours of IPv6 without asking for them (RFC 4861 is not spoken): an address that was made of
 * a MAC says which. So lwIP's own neighbour discovery is left out, and what the rest of lwIP calls
 * of it is here. */
#include "lwip/nd6.h"

#include "core/string.h"
#include "lwip/ip6.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "net/device.h"
#include "net/ethernet.h"
#include "net/ipv6/internal.h"

/* RFC 4291, appendix A: the MAC with ff:fe in its middle and the second bit turned. Multicast:
 * RFC 2464, section 7. False: there is no such neighbour. */
static bool mac_of(uint8_t mac[6], const ip6_addr_t *address) {
    const uint8_t *bytes = (const uint8_t *)address->addr;
    if (ip6_addr_ismulticast(address)) {
        mac[0] = mac[1] = 0x33;
        memcpy(mac + 2, bytes + 12, 4);
        return true;
    }
    if (!ip6_addr_islinklocal(address) || bytes[11] != 0xff || bytes[12] != 0xfe)
        return false;
    mac[0] = bytes[8] ^ 2;
    mac[1] = bytes[9];
    mac[2] = bytes[10];
    memcpy(mac + 3, bytes + 13, 3);
    return true;
}

static struct checksum_request request_checksum(struct pbuf *packet) {
    const struct ip6_hdr *ip = packet->payload;
    ip_addr_t source, destination;
    ip_addr_copy_from_ip6_packed(source, ip->src);
    ip_addr_copy_from_ip6_packed(destination, ip->dest);
    return ethernet_request_checksum(packet, IP6_HLEN, IP6H_NEXTH(ip), &source, &destination);
}

err_t inet6_output(struct netif *netif, struct pbuf *packet, const ip6_addr_t *destination) {
    const struct net_device *device = netif->state;
    struct checksum_request checksum = {0, 0};
    uint8_t mac[6];
    if (!mac_of(mac, destination))
        return ERR_RTE;
    if (device->checksums_out)
        checksum = request_checksum(packet);
    return ethernet_output(netif, packet, mac, ETHERNET_TYPE_IPV6, checksum);
}

/* ---- what lwIP calls ---- */

void nd6_restart_netif(struct netif *netif) {
    (void)netif;
}

void nd6_cleanup_netif(struct netif *netif) {
    (void)netif;
}

/* Nobody advertises routes. */
struct netif *nd6_find_route(const ip6_addr_t *destination) {
    (void)destination;
    return NULL;
}

u16_t nd6_get_destination_mtu(const ip6_addr_t *destination, struct netif *netif) {
    (void)destination;
    return netif_mtu6(netif);
}

void nd6_input(struct pbuf *packet, struct netif *netif) {
    (void)netif;
    pbuf_free(packet);
}
