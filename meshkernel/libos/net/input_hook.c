/* What lwIP does not do itself with a packet that comes in: tell sockets of ICMP errors, and look
 * at segments of TCP first (net/tcp/input.c). */
#include "lwip/icmp.h"
#include "lwip/ip4.h"
#include "lwip/pbuf.h"
#include "lwip/prot/icmp.h"
#include "lwip/prot/ip.h"
#include "lwip/prot/ip4.h"
#include "net/hooks.h"
#include "net/inet_socket.h"
#include "net/input.h"
#include "net/net.h"
#include "net/tcp/timers.h"

#define ICMP_HEADER 8

/* Linux' icmp_err_convert, for the codes of "destination unreachable" (RFC 1122, 3.2.2.1, and RFC
 * 1812, 5.2.7.1). */
static int error_of_unreachable(uint8_t code) {
    static const uint8_t errors[] = {
        [ICMP_DUR_NET] = ENETUNREACH,
        [ICMP_DUR_HOST] = EHOSTUNREACH,
        [ICMP_DUR_PROTO] = ENOPROTOOPT,
        [ICMP_DUR_PORT] = ECONNREFUSED,
        [ICMP_DUR_FRAG] = EMSGSIZE,
        [ICMP_DUR_SR] = EOPNOTSUPP,
        [6] = ENETUNREACH,   /* the network is unknown */
        [7] = EHOSTDOWN,     /* the host is */
        [8] = ENONET,        /* our host is isolated */
        [9] = ENETUNREACH,   /* prohibited: the network */
        [10] = EHOSTUNREACH, /* and the host */
        [11] = ENETUNREACH,  /* for this type of service */
    };
    return code < ARRAY_SIZE(errors) ? errors[code] : EHOSTUNREACH;
}

/* The message quotes the packet that we had sent: header and first 8 bytes. */
static void unreachable(const struct pbuf *packet, uint16_t header) {
    uint8_t quote[60 + QUOTED_SIZE];
    uint8_t code;
    struct inet_quote flow;
    uint16_t quoted =
        pbuf_copy_partial(packet, quote, sizeof(quote), (u16_t)(header + ICMP_HEADER));
    const struct ip_hdr *ip = (const struct ip_hdr *)quote;
    if (pbuf_copy_partial(packet, &code, 1, (u16_t)(header + 1)) != 1 || quoted < IP_HLEN ||
        IPH_V(ip) != 4 || IPH_HL_BYTES(ip) < IP_HLEN || quoted < IPH_HL_BYTES(ip) + QUOTED_SIZE)
        return;
    ip_addr_set_ip4_u32_val(flow.local, ip->src.addr);
    ip_addr_set_ip4_u32_val(flow.remote, ip->dest.addr);
    net_unreachable(&flow, IPH_PROTO(ip), quote + IPH_HL_BYTES(ip), error_of_unreachable(code));
}

static bool takes_segment_4(const struct pbuf *packet, uint16_t header) {
    const struct ip_hdr *ip = packet->payload;
    ip_addr_t source, destination;
    if (net_is_ordinary_segment(packet, header))
        return false;
    ip_addr_set_ip4_u32_val(source, ip->src.addr);
    ip_addr_set_ip4_u32_val(destination, ip->dest.addr);
    return net_takes_segment(packet, header, &source, &destination);
}

int net_hook_input(struct pbuf *packet, struct netif *netif) {
    const struct ip_hdr *ip = packet->payload;
    uint16_t header = IPH_HL_BYTES(ip);
    if (netif == net_loopback())
        net_loopback_answers((ip4_addr_t){ip->dest.addr});
    if (packet->len < IP_HLEN || header < IP_HLEN || packet->len < header)
        return 0; /* lwIP drops it */
    if (IPH_OFFSET(ip) & PP_HTONS(IP_OFFMASK | IP_MF)) {
        net_timers_reassembly();
        return 0;
    }
    if (IPH_PROTO(ip) == IP_PROTO_TCP && takes_segment_4(packet, header)) {
        pbuf_free(packet);
        return 1;
    }
    if (IPH_PROTO(ip) == IP_PROTO_ICMP && packet->tot_len > header &&
        pbuf_get_at(packet, header) == ICMP_DUR)
        unreachable(packet, header);
    return 0;
}
