/* Ancillary data of AF_INET's datagrams, ip(7). */
#include "net/datagram/ancillary.h"

#include "core/string.h"
#include "lwip/ip.h"
#include "lwip/ip4.h"
#include "net/inet_socket.h"

enum { IP_TOS = 1, IP_TTL = 2, IP_PKTINFO = 8 };

struct packet_info { /* struct in_pktinfo */
    int32_t interface;
    uint32_t source; /* to send from */
    uint32_t to;     /* as the packet says */
};

struct datagram_origin datagram_origin_now(void) {
    struct datagram_origin origin = {
        .to = *ip_current_dest_addr(),
        .interface = netif_get_index(ip_current_input_netif()),
    };
#if LWIP_IPV6
    if (ip_current_is_v6()) {
        origin.ttl = IP6H_HOPLIM(ip6_current_header());
        origin.tos = (uint8_t)IP6H_TC(ip6_current_header());
        return origin;
    }
#endif
    origin.ttl = IPH_TTL(ip4_current_header());
    origin.tos = IPH_TOS(ip4_current_header());
    return origin;
}

int datagram_wishes_read(const struct inet_socket *socket, struct control_in *control,
                         struct datagram_wishes *wishes) {
    struct control_item item;
    int more, result = 0;
    int (*read_wish)(const struct control_item *, struct datagram_wishes *) =
        socket->family->read_wish != NULL ? socket->family->read_wish : inet_read_wish;
    *wishes = (struct datagram_wishes){.ttl = -1, .tos = -1};
    if (control == NULL)
        return 0;
    while (result == 0 && (more = control_next(control, &item)) != 0)
        result = more < 0 ? more : read_wish(&item, wishes);
    return result;
}

int datagram_tell_origin(const struct inet_socket *socket, const struct datagram_origin *origin,
                         struct control_out *out) {
    return socket->family->tell_origin != NULL ? socket->family->tell_origin(socket, origin, out)
                                               : inet_tell_origin(socket, origin, out);
}

int inet_tell_origin(const struct inet_socket *socket, const struct datagram_origin *origin,
                     struct control_out *out) {
    int result = 0;
    if (socket->wanted & WANT_PACKET_INFO) {
        uint32_t to = ip_2_ip4(&origin->to)->addr;
        const struct packet_info info = {origin->interface, to, to};
        result = control_put(out, SOL_IP, IP_PKTINFO, &info, sizeof(info));
    }
    if (result == 0 && socket->wanted & WANT_TTL)
        result = control_put_int(out, SOL_IP, IP_TTL, origin->ttl);
    if (result == 0 && socket->wanted & WANT_TOS)
        result = control_put(out, SOL_IP, IP_TOS, &origin->tos, sizeof(origin->tos));
    return result;
}

static int read_packet_info(const struct control_item *item, struct datagram_wishes *wishes) {
    struct packet_info info;
    if (item->size != sizeof(info))
        return -EINVAL;
    memcpy(&info, item->bytes, sizeof(info));
    ip_addr_set_ip4_u32_val(wishes->source, info.source);
    wishes->interface = (uint8_t)info.interface;
    return inet_address_is_local(&wishes->source) ? 0 : -EINVAL;
}

int inet_read_wish(const struct control_item *item, struct datagram_wishes *wishes) {
    if (item->level != SOL_IP)
        return 0;
    int number;
    if (item->type == IP_PKTINFO)
        return read_packet_info(item, wishes);
    if (option_read_int(item->bytes, (uint32_t)item->size, &number) != 0 || number < 0 ||
        number > 255)
        return -EINVAL;
    if (item->type == IP_TTL && number > 0)
        wishes->ttl = number;
    else if (item->type == IP_TOS)
        wishes->tos = number;
    else
        return -EINVAL;
    return 0;
}
