/* What lwIP does not do itself with a packet that comes in: tell sockets of ICMP errors, let a new
 * connection follow one in TIME_WAIT, and leave a connection request unanswered while the
 * listener's queue is full. */
#include "core/pages.h"
#include "lwip/ip4.h"
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/icmp.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/tcp.h"
#include "net/hooks.h"
#include "net/inet_socket.h"
#include "net/input.h"
#include "net/net.h"
#include "net/tcp/tcp_socket.h"
#include "net/tcp/timers.h"
#include "net/udp/udp_socket.h"

#define RESERVED_SHARE 64 /* of the machine's memory, where no new connection may come */
#define TIME_WAIT_MOST 8192
#define ICMP_HEADER 8
#define PORTS 4 /* bytes that UDP and TCP have first */

/* Linux' icmp_err_convert, for the codes of "destination unreachable". */
static int error_of_unreachable(uint8_t code) {
    switch (code) {
    case ICMP_DUR_NET:
        return ENETUNREACH;
    case ICMP_DUR_PROTO:
        return ENOPROTOOPT;
    case ICMP_DUR_PORT:
        return ECONNREFUSED;
    case ICMP_DUR_FRAG:
        return EMSGSIZE;
    default:
        return EHOSTUNREACH;
    }
}

/* The message quotes the packet that we had sent: header and first 8 bytes. */
static void unreachable(const struct pbuf *packet, uint16_t header) {
    uint8_t quote[60 + PORTS];
    uint8_t code;
    uint16_t quoted =
        pbuf_copy_partial(packet, quote, sizeof(quote), (u16_t)(header + ICMP_HEADER));
    const struct ip_hdr *ip = (const struct ip_hdr *)quote;
    if (pbuf_copy_partial(packet, &code, 1, (u16_t)(header + 1)) != 1 || quoted < IP_HLEN ||
        IPH_V(ip) != 4 || quoted < IPH_HL_BYTES(ip) + PORTS)
        return;
    const uint8_t *ports = quote + IPH_HL_BYTES(ip);
    struct inet_quote flow = {
        .local_port = (uint16_t)(ports[0] << 8 | ports[1]),
        .remote_port = (uint16_t)(ports[2] << 8 | ports[3]),
    };
    ip_addr_set_ip4_u32_val(flow.local, ip->src.addr);
    ip_addr_set_ip4_u32_val(flow.remote, ip->dest.addr);
    net_unreachable(&flow, IPH_PROTO(ip), error_of_unreachable(code));
}

void net_unreachable(const struct inet_quote *flow, uint8_t protocol, int error) {
    if (protocol == IP_PROTO_UDP || protocol == IP_PROTO_UDPLITE)
        udp_socket_unreachable(flow, error);
    else if (protocol == IP_PROTO_TCP)
        tcp_socket_unreachable(flow, error);
}

/* Connections in TIME_WAIT cost memory and, where we had connected, a port, and a busy service
 * closes many within its minute: as in Linux, the oldest gives way beyond a limit. Every new
 * connection asks, so one at a time is enough. lwIP puts the newest first. */
void tcp_bound_time_wait(void) {
    size_t most = MIN(pages_total() / 8, (size_t)TIME_WAIT_MOST), count = 0;
    struct tcp_pcb *oldest = NULL;
    for (struct tcp_pcb *pcb = tcp_tw_pcbs; pcb != NULL; pcb = pcb->next, count++)
        oldest = pcb;
    if (count > most)
        tcp_abort(oldest); /* in TIME_WAIT this sends nothing */
}

/* RFC 1122, 4.2.2.13: a connection in TIME_WAIT may be opened anew by a later sequence number. lwIP
 * would only acknowledge. */
static void give_up_time_wait(const ip_addr_t *source, const ip_addr_t *destination,
                              const struct tcp_hdr *tcp) {
    uint16_t local_port = lwip_ntohs(tcp->dest), remote_port = lwip_ntohs(tcp->src);
    for (struct tcp_pcb *pcb = tcp_tw_pcbs; pcb != NULL; pcb = pcb->next)
        if (pcb->local_port == local_port && pcb->remote_port == remote_port &&
            ip_addr_cmp(&pcb->local_ip, destination) && ip_addr_cmp(&pcb->remote_ip, source)) {
            if (TCP_SEQ_GT(lwip_ntohl(tcp->seqno), pcb->rcv_nxt))
                tcp_abort(pcb); /* in TIME_WAIT this sends nothing */
            return;
        }
}

static bool refuse_connection(const ip_addr_t *source, const ip_addr_t *destination,
                              const struct tcp_hdr *tcp) {
    give_up_time_wait(source, destination, tcp);
    tcp_bound_time_wait();
    /* Each takes memory before anybody has accepted it, and an application that finds none ends. */
    if (pages_available() < pages_total() / RESERVED_SHARE)
        return true;
    return tcp_listener_full(destination, lwip_ntohs(tcp->dest));
}

static void announce_urgent(const ip_addr_t *source, const ip_addr_t *destination,
                            const struct tcp_hdr *tcp) {
    uint16_t local_port = lwip_ntohs(tcp->dest), remote_port = lwip_ntohs(tcp->src);
    uint32_t behind = lwip_ntohs(tcp->urgp);
    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next)
        if (pcb->local_port == local_port && pcb->remote_port == remote_port &&
            pcb->callback_arg != NULL && pcb->state >= ESTABLISHED &&
            ip_addr_cmp(&pcb->local_ip, destination) && ip_addr_cmp(&pcb->remote_ip, source)) {
            tcp_urgent_announced(pcb->callback_arg,
                                 lwip_ntohl(tcp->seqno) + (behind > 0 ? behind - 1 : 0));
            return;
        }
}

/* Most segments are none of our business: neither do they open a connection, nor is there anything
 * urgent. */
static bool is_ordinary(const struct pbuf *packet, uint16_t header) {
    const struct tcp_hdr *tcp = (const struct tcp_hdr *)((const char *)packet->payload + header);
    return packet->len < header + TCP_HLEN || !(TCPH_FLAGS(tcp) & (TCP_SYN | TCP_URG));
}

bool net_takes_segment(const struct pbuf *packet, uint16_t header, const ip_addr_t *source,
                       const ip_addr_t *destination) {
    const struct tcp_hdr *tcp = (const struct tcp_hdr *)((const char *)packet->payload + header);
    if (is_ordinary(packet, header))
        return false;
    if (TCPH_FLAGS(tcp) & TCP_URG)
        announce_urgent(source, destination, tcp);
    return (TCPH_FLAGS(tcp) & (TCP_SYN | TCP_ACK)) == TCP_SYN &&
           refuse_connection(source, destination, tcp);
}

static bool takes_segment_4(const struct pbuf *packet, uint16_t header) {
    const struct ip_hdr *ip = packet->payload;
    ip_addr_t source, destination;
    if (is_ordinary(packet, header))
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
