/* TCP_INFO: what lwIP knows of a connection, as tcp(7) lays it out. */
#include "core/string.h"
#include "lwip/priv/tcp_priv.h"
#include "net/tcp/tcp_socket.h"

struct info { /* the first part of struct tcp_info; microseconds, segments, bytes */
    uint8_t state, congestion_state, retransmits, probes, backoff, options, scales, limited;
    uint32_t timeout, acknowledge_after, send_segment, receive_segment;
    uint32_t unacknowledged, acknowledged_selectively, lost, retransmitted, forwarded;
    uint32_t last_sent, last_sent_ack, last_received, last_received_ack;
    uint32_t path_mtu, receive_threshold, round_trip, round_trip_variance;
    uint32_t send_threshold, congestion_window, advertised_segment, reordering;
};
_Static_assert(sizeof(struct info) == 92, "the order of Linux' struct tcp_info");

enum { OPTION_SACK = 2, OPTION_SCALES = 4 };

/* Linux' numbers of the states. */
static uint8_t state_of(const struct tcp_socket *socket) {
    static const uint8_t states[] = {
        [CLOSED] = 7,      [LISTEN] = 10,    [SYN_SENT] = 2,   [SYN_RCVD] = 3,
        [ESTABLISHED] = 1, [FIN_WAIT_1] = 4, [FIN_WAIT_2] = 5, [CLOSE_WAIT] = 8,
        [CLOSING] = 11,    [LAST_ACK] = 9,   [TIME_WAIT] = 6,
    };
    return states[socket->pcb == NULL ? CLOSED : socket->pcb->state];
}

static uint32_t segments(const struct tcp_seg *queue) {
    uint32_t count = 0;
    for (; queue != NULL; queue = queue->next)
        count++;
    return count;
}

/* lwIP counts in slow ticks: the measured time eight-fold, its variance four-fold. */
static void fill(struct info *info, const struct tcp_pcb *pcb) {
    const uint32_t tick = TCP_SLOW_INTERVAL * 1000;
    info->retransmits = pcb->nrtx;
    info->probes = pcb->persist_probe;
    info->options =
        (pcb->flags & TF_SACK ? OPTION_SACK : 0) | (pcb->flags & TF_WND_SCALE ? OPTION_SCALES : 0);
    info->scales = (uint8_t)(pcb->snd_scale | pcb->rcv_scale << 4);
    info->timeout = (uint32_t)MAX(pcb->rto, 0) * tick;
    info->acknowledge_after = TCP_TMR_INTERVAL * 1000;
    info->send_segment = info->advertised_segment = pcb->mss;
    info->receive_segment = TCP_MSS;
    info->unacknowledged = segments(pcb->unacked);
    info->round_trip = (uint32_t)MAX(pcb->sa, 0) * tick / 8;
    info->round_trip_variance = (uint32_t)MAX(pcb->sv, 0) * tick / 4;
    info->send_threshold = pcb->ssthresh / MAX(pcb->mss, 1);
    info->congestion_window = pcb->cwnd / MAX(pcb->mss, 1);
}

int tcp_get_info(const struct tcp_socket *socket, void *value, uint32_t *size) {
    struct info info = {.state = state_of(socket)};
    if (socket->pcb != NULL && socket->pcb->state != LISTEN)
        fill(&info, socket->pcb);
    memset(value, 0, *size);
    memcpy(value, &info, MIN(*size, (uint32_t)sizeof(info)));
    return 0;
}
