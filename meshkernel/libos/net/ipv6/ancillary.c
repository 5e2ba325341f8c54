/* Ancillary data of AF_INET6's datagrams: RFC 3542. */
#include "core/string.h"
#include "lwip/netif.h"
#include "net/ipv6/internal.h"

enum { IPV6_PKTINFO = 50, IPV6_HOPLIMIT = 52, IPV6_TCLASS = 67 };

struct packet_info { /* struct in6_pktinfo */
    uint8_t address[16];
    uint32_t interface;
};
_Static_assert(sizeof(struct packet_info) == 20, "struct in6_pktinfo");

int inet6_tell_origin(const struct inet_socket *socket, const struct datagram_origin *origin,
                      struct control_out *out) {
    int result = 0;
    if (socket->wanted & WANT_PACKET_INFO_6) {
        struct packet_info info = {.interface = origin->interface};
        inet6_to_bytes(&origin->to, info.address);
        result = control_put(out, SOL_IPV6, IPV6_PKTINFO, &info, sizeof(info));
    }
    if (result == 0 && IP_IS_V4_VAL(origin->to))
        return inet_tell_origin(socket, origin, out);
    if (result == 0 && socket->wanted & WANT_HOP_LIMIT)
        result = control_put_int(out, SOL_IPV6, IPV6_HOPLIMIT, origin->ttl);
    if (result == 0 && socket->wanted & WANT_TRAFFIC_CLASS)
        result = control_put_int(out, SOL_IPV6, IPV6_TCLASS, origin->tos);
    return result;
}

static int read_packet_info(const struct control_item *item, struct datagram_wishes *wishes) {
    struct packet_info info;
    if (item->size < sizeof(info))
        return -EINVAL;
    memcpy(&info, item->bytes, sizeof(info));
    if (info.interface > UINT8_MAX ||
        (info.interface != 0 && netif_get_by_index((u8_t)info.interface) == NULL))
        return -ENODEV;
    wishes->interface = (uint8_t)info.interface;
    inet6_from_bytes(&wishes->source, info.address);
    if (IP_IS_V6(&wishes->source) && ip6_addr_islinklocal(ip_2_ip6(&wishes->source)))
        ip6_addr_set_zone(ip_2_ip6(&wishes->source), wishes->interface);
    return inet_address_is_local(&wishes->source) ? 0 : -EINVAL;
}

int inet6_read_wish(const struct control_item *item, struct datagram_wishes *wishes) {
    if (item->level != SOL_IPV6)
        return inet_read_wish(item, wishes);
    int32_t number;
    if (item->type == IPV6_PKTINFO)
        return read_packet_info(item, wishes);
    if (item->size != sizeof(number) || control_read_int(item, &number) != 0 || number < -1 ||
        number > UINT8_MAX)
        return -EINVAL;
    if (item->type == IPV6_HOPLIMIT)
        wishes->ttl = number;
    else if (item->type == IPV6_TCLASS)
        wishes->tos = number;
    else
        return -EINVAL;
    return 0;
}
