/* What lwIP does not do itself with an IPv6 packet that comes in: as net/input_hook.c. */
#include "lwip/icmp6.h"
#include "lwip/ip6.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "net/hooks.h"
#include "net/input.h"
#include "net/ipv6/internal.h"
#include "net/tcp/timers.h"

#define ICMP_HEADER 8

/* Linux' icmpv6_err_convert, for the codes of "destination unreachable" (RFC 4443, 3.1). */
static int error_of_unreachable(uint8_t code) {
    switch (code) {
    case 0: /* no route */
        return ENETUNREACH;
    case 4: /* port */
        return ECONNREFUSED;
    case 1: /* prohibited, by policy, by a route */
    case 5:
    case 6:
        return EACCES;
    default:
        return EHOSTUNREACH;
    }
}

static void read_addresses(const struct ip6_hdr *ip, struct netif *netif, ip_addr_t *source,
                           ip_addr_t *destination) {
    ip_addr_copy_from_ip6_packed(*source, ip->src);
    ip_addr_copy_from_ip6_packed(*destination, ip->dest);
    ip6_addr_assign_zone(ip_2_ip6(source), IP6_UNICAST, netif);
    ip6_addr_assign_zone(ip_2_ip6(destination), IP6_UNKNOWN, netif);
}

/* The message quotes the packet that we had sent. */
static void unreachable(const struct pbuf *packet, struct netif *netif) {
    uint8_t quote[IP6_HLEN + QUOTED_SIZE], code;
    struct inet_quote flow;
    if (pbuf_copy_partial(packet, &code, 1, IP6_HLEN + 1) != 1 ||
        pbuf_copy_partial(packet, quote, sizeof(quote), IP6_HLEN + ICMP_HEADER) != sizeof(quote))
        return;
    const struct ip6_hdr *ip = (const struct ip6_hdr *)quote;
    read_addresses(ip, netif, &flow.local, &flow.remote);
    net_unreachable(&flow, IP6H_NEXTH(ip), quote + IP6_HLEN, error_of_unreachable(code));
}

int net_hook_input6(struct pbuf *packet, struct netif *netif) {
    const struct ip6_hdr *ip = packet->payload;
    ip_addr_t source, destination;
    if (packet->len < IP6_HLEN)
        return 0; /* lwIP drops it */
    switch (IP6H_NEXTH(ip)) {
    case IP6_NEXTH_TCP:
        read_addresses(ip, netif, &source, &destination);
        if (!net_takes_segment(packet, IP6_HLEN, &source, &destination))
            return 0;
        pbuf_free(packet);
        return 1;
    case IP6_NEXTH_FRAGMENT:
        net_timers_reassembly();
        return 0;
    case IP6_NEXTH_ICMP6:
        if (packet->tot_len > IP6_HLEN && pbuf_get_at(packet, IP6_HLEN) == ICMP6_TYPE_DUR)
            unreachable(packet, netif);
        return 0;
    default:
        return 0;
    }
}
