/* What lwIP does not do itself with a segment that comes in: let a new connection follow one in
 * TIME_WAIT, leave a connection request unanswered while the listener's queue is full, and tell of
 * urgent bytes. */
#include "net/input.h"
#include "core/pages.h"
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/tcp.h"
#include "net/tcp/tcp_socket.h"

#define RESERVED_SHARE 64 /* of the machine's memory, where no new connection may come */
#define TIME_WAIT_MOST 8192

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
    return tcp_listening != NULL && tcp_listening->full(destination, lwip_ntohs(tcp->dest));
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

bool net_is_ordinary_segment(const struct pbuf *packet, uint16_t header) {
    const struct tcp_hdr *tcp = (const struct tcp_hdr *)((const char *)packet->payload + header);
    return packet->len < header + TCP_HLEN || !(TCPH_FLAGS(tcp) & (TCP_SYN | TCP_URG));
}

bool net_takes_segment(const struct pbuf *packet, uint16_t header, const ip_addr_t *source,
                       const ip_addr_t *destination) {
    const struct tcp_hdr *tcp = (const struct tcp_hdr *)((const char *)packet->payload + header);
    if (net_is_ordinary_segment(packet, header))
        return false;
    if (TCPH_FLAGS(tcp) & TCP_URG)
        announce_urgent(source, destination, tcp);
    return (TCPH_FLAGS(tcp) & (TCP_SYN | TCP_ACK)) == TCP_SYN &&
           refuse_connection(source, destination, tcp);
}
