#include "net/tcp/tcp_urgent.h"

#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"
#include "net/tcp/tcp_socket.h"

static bool is_inline(const struct tcp_socket *socket) {
    return socket->inet.flags & 1u << SO_OOBINLINE;
}

/* How far ahead of the application the mark is. */
static uint32_t ahead(const struct tcp_socket *socket) {
    return socket->urgent.mark - socket->urgent.next;
}

void urgent_start(struct urgent *urgent, uint32_t first) {
    urgent->state = URGENT_NONE;
    urgent->next = first;
}

bool tcp_urgent_left_out(const struct tcp_socket *socket, uint32_t seen) {
    return socket->urgent.state != URGENT_NONE && !is_inline(socket) && ahead(socket) == seen &&
           socket->received > seen;
}

/* As Linux: what was read already is not urgent any more, the newest mark counts, and the byte of
 * an older one that was left out stays so when the application stands right there. */
void tcp_urgent_announced(struct tcp_socket *socket, uint32_t position) {
    struct urgent *urgent = &socket->urgent;
    if (TCP_SEQ_LT(position, urgent->next + socket->received))
        return;
    if (urgent->state != URGENT_NONE && !TCP_SEQ_GT(position, urgent->mark))
        return;
    if (tcp_urgent_left_out(socket, 0))
        tcp_skip_byte(socket);
    urgent->state = URGENT_ANNOUNCED;
    urgent->mark = position;
}

static uint8_t byte_at(const struct tcp_socket *socket, uint32_t offset) {
    const struct pbuf *pbuf = socket->first;
    while (offset >= pbuf->len) {
        offset -= pbuf->len;
        pbuf = pbuf->next;
    }
    return ((const uint8_t *)pbuf->payload)[offset];
}

void tcp_urgent_arrived(struct tcp_socket *socket) {
    struct urgent *urgent = &socket->urgent;
    if (urgent->state != URGENT_ANNOUNCED || ahead(socket) >= socket->received)
        return;
    urgent->byte = byte_at(socket, ahead(socket));
    urgent->state = URGENT_THERE;
    inet_wake(&socket->inet, EPOLLPRI);
}

void tcp_urgent_passed(struct tcp_socket *socket, uint32_t bytes) {
    struct urgent *urgent = &socket->urgent;
    urgent->next += bytes;
    if (urgent->state != URGENT_NONE && TCP_SEQ_GT(urgent->next, urgent->mark))
        urgent->state = URGENT_NONE;
}

uint32_t tcp_urgent_limit(const struct tcp_socket *socket, uint32_t seen) {
    bool here = socket->urgent.state != URGENT_NONE && ahead(socket) < socket->received;
    return here && ahead(socket) > seen ? ahead(socket) - seen : UINT32_MAX;
}

uint32_t tcp_readable(const struct tcp_socket *socket) {
    return socket->received - tcp_urgent_left_out(socket, 0);
}

uint32_t tcp_readable_to_mark(const struct tcp_socket *socket) {
    bool here = socket->urgent.state != URGENT_NONE && ahead(socket) < socket->received;
    return here && !is_inline(socket) ? ahead(socket) : socket->received;
}

bool tcp_at_mark(const struct tcp_socket *socket) {
    return socket->urgent.state != URGENT_NONE && ahead(socket) == 0;
}

int tcp_urgent_take(struct tcp_socket *socket, bool peek, uint8_t *byte) {
    struct urgent *urgent = &socket->urgent;
    if (is_inline(socket) || urgent->state == URGENT_NONE || urgent->state == URGENT_TAKEN)
        return -EINVAL;
    if (urgent->state == URGENT_ANNOUNCED)
        return socket->peer_ended || socket->receive_shut ? 0 : -EAGAIN;
    *byte = urgent->byte;
    if (!peek)
        urgent->state = URGENT_TAKEN;
    return 1;
}

/* The urgent pointer is the distance from the segment's start to the byte behind the urgent one, as
 * all implementations have it (RFC 6093, section 3.1). */
void tcp_urgent_mark(struct tcp_pcb *pcb) {
    struct tcp_seg *segment = pcb->unsent;
    if (segment == NULL)
        return;
    while (segment->next != NULL)
        segment = segment->next;
    TCPH_SET_FLAG(segment->tcphdr, TCP_URG);
    segment->tcphdr->urgp = lwip_htons(segment->len);
}
