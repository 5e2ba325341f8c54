#include "net/ethernet.h"

#include "abi/boot.h"
#include "core/string.h"
#include "lwip/inet_chksum.h"
#include "lwip/ip4.h"
#include "lwip/prot/ip.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/tcp.h"
#include "lwip/prot/udp.h"

#define CHECKSUMS_TRANSPORT_IN (NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP)
#define IPV6_HEADER_SIZE 40
#define CHECKSUMS_TRANSPORT_OUT (NETIF_CHECKSUM_GEN_TCP | NETIF_CHECKSUM_GEN_UDP)

void (*ethernet_watch)(struct netif *netif, struct pbuf *frame, bool outgoing);

static void mac_of(uint8_t mac[6], const struct netif *netif, const ip4_addr_t *next_hop) {
    if (ip4_addr_isbroadcast(next_hop, netif)) {
        memset(mac, 0xff, 6);
    } else if (ip4_addr_ismulticast(next_hop)) {
        const uint8_t *ip = (const uint8_t *)&next_hop->addr;
        const uint8_t group[6] = {0x01, 0x00, 0x5e, ip[1] & 0x7f, ip[2], ip[3]}; /* RFC 1112, 6.4 */
        memcpy(mac, group, 6);
    } else {
        mac[0] = BOOT_MAC_PREFIX_0;
        mac[1] = BOOT_MAC_PREFIX_1;
        memcpy(mac + 2, &next_hop->addr, 4);
    }
}

/* What lwIP has left to the device is 0, which neither protocol sends otherwise (RFC 768 reserves
 * it for "none"), and becomes the pseudo header's sum, as virtio-net wants it. */
struct checksum_request ethernet_request_checksum(struct pbuf *packet, uint16_t header,
                                                  uint8_t protocol, const ip_addr_t *source,
                                                  const ip_addr_t *destination) {
    const struct checksum_request none = {0, 0};
    uint16_t offset;
    if (protocol == IP_PROTO_TCP)
        offset = offsetof(struct tcp_hdr, chksum);
    else if (protocol == IP_PROTO_UDP)
        offset = offsetof(struct udp_hdr, chksum);
    else
        return none;
    if (packet->len < header + offset + 2)
        return none;
    uint8_t *place = (uint8_t *)packet->payload + header + offset;
    if (place[0] != 0 || place[1] != 0)
        return none;
    /* Over no byte of the packet itself: the pseudo header alone. lwIP gives the complement. */
    uint16_t sum = (uint16_t)~ip_chksum_pseudo_partial(
        packet, protocol, (u16_t)(packet->tot_len - header), 0, source, destination);
    memcpy(place, &sum, sizeof(sum));
    return (struct checksum_request){(uint16_t)(ETHERNET_HEADER_SIZE + header), offset};
}

static struct checksum_request request_checksum(struct pbuf *packet) {
    const struct ip_hdr *ip = packet->payload;
    ip_addr_t source, destination;
    if (IPH_OFFSET(ip) & PP_HTONS(IP_OFFMASK | IP_MF))
        return (struct checksum_request){0, 0};
    ip_addr_set_ip4_u32_val(source, ip->src.addr);
    ip_addr_set_ip4_u32_val(destination, ip->dest.addr);
    return ethernet_request_checksum(packet, IPH_HL_BYTES(ip), IPH_PROTO(ip), &source,
                                     &destination);
}

static err_t send(struct netif *netif, struct pbuf *frame, struct checksum_request checksum) {
    struct net_device *device = netif->state;
    if (ethernet_watch)
        ethernet_watch(netif, frame, true);
    return device->transmit(frame, checksum) ? ERR_OK : ERR_MEM;
}

err_t ethernet_send(struct netif *netif, struct pbuf *frame) {
    return send(netif, frame, (struct checksum_request){0, 0});
}

err_t ethernet_output(struct netif *netif, struct pbuf *packet, const uint8_t mac[6], uint16_t type,
                      struct checksum_request checksum) {
    if (pbuf_add_header(packet, ETHERNET_HEADER_SIZE) != 0)
        return ERR_BUF;
    struct ethernet_header *header = packet->payload;
    memcpy(header->destination, mac, sizeof(header->destination));
    memcpy(header->source, netif->hwaddr, sizeof(header->source));
    header->type = lwip_htons(type);
    err_t result = send(netif, packet, checksum);
    pbuf_remove_header(packet, ETHERNET_HEADER_SIZE);
    return result;
}

static err_t output(struct netif *netif, struct pbuf *packet, const ip4_addr_t *destination) {
    const struct net_device *device = netif->state;
    bool on_link = ip4_addr_netcmp(destination, netif_ip4_addr(netif), netif_ip4_netmask(netif)) ||
                   ip4_addr_isbroadcast(destination, netif) || ip4_addr_ismulticast(destination);
    const ip4_addr_t *next_hop = on_link ? destination : netif_ip4_gw(netif);
    uint8_t mac[6];
    if (ip4_addr_isany_val(*next_hop))
        return ERR_RTE;
    struct checksum_request checksum = {0, 0};
    if (device->checksums_out)
        checksum = request_checksum(packet);
    mac_of(mac, netif, next_hop);
    return ethernet_output(netif, packet, mac, ETHERNET_TYPE_IPV4, checksum);
}

static bool is_ip(uint16_t type, uint16_t size) {
    if (LWIP_IPV6 && type == PP_HTONS(ETHERNET_TYPE_IPV6))
        return size >= ETHERNET_HEADER_SIZE + IPV6_HEADER_SIZE;
    return type == PP_HTONS(ETHERNET_TYPE_IPV4) && size >= ETHERNET_HEADER_SIZE + IP_HLEN;
}

void ethernet_input(struct netif *netif, struct pbuf *frame, bool verified) {
    const struct ethernet_header *header = frame->payload;
    if (frame->len < ETHERNET_HEADER_SIZE) {
        pbuf_free(frame);
        return;
    }
    if (ethernet_watch)
        ethernet_watch(netif, frame, false);
    bool group = header->destination[0] & 1;
    bool ours = group || memcmp(header->destination, netif->hwaddr, 6) == 0;
    /* lwIP reads an IP header before it looks whether there is one. */
    if (!ours || !is_ip(header->type, frame->len) ||
        pbuf_remove_header(frame, ETHERNET_HEADER_SIZE) != 0) {
        pbuf_free(frame);
        return;
    }
    if (group)
        frame->flags |= PBUF_FLAG_LLBCAST;
    /* What the device has verified holds for this one packet. */
    u16_t flags = netif->chksum_flags;
    NETIF_SET_CHECKSUM_CTRL(netif, (u16_t)(verified ? flags & ~CHECKSUMS_TRANSPORT_IN : flags));
    if (netif->input(frame, netif) != ERR_OK)
        pbuf_free(frame);
    NETIF_SET_CHECKSUM_CTRL(netif, flags);
}

err_t ethernet_init(struct netif *netif) {
    const struct net_device *device = netif->state;
    netif->name[0] = 'e';
    netif->name[1] = 't';
    netif->output = output;
    netif->linkoutput = ethernet_send;
    netif->hwaddr_len = NETIF_MAX_HWADDR_LEN;
    mac_of(netif->hwaddr, netif, netif_ip4_addr(netif)); /* as the neighbours work it out */
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_LINK_UP;
    NETIF_SET_CHECKSUM_CTRL(
        netif, (u16_t)(device->checksums_out ? NETIF_CHECKSUM_ENABLE_ALL & ~CHECKSUMS_TRANSPORT_OUT
                                             : NETIF_CHECKSUM_ENABLE_ALL));
    return ERR_OK;
}
