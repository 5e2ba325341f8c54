/* Who may share a port: Linux' rules for SO_REUSEADDR and SO_REUSEPORT (socket(7), ip(7)).
 *
 * lwIP has rules of its own: it refuses a port that is taken unless both sides have SOF_REUSEADDR.
 * So all have that, and what the applications said is in two bits that lwIP does not use. They
 * stay with a pcb that has lost its socket, as one in TIME_WAIT has. */
#include "lwip/priv/tcp_priv.h"
#include "net/tcp/tcp_socket.h"

#define SHARES_ADDRESS 0x40
#define SHARES_PORT 0x80
_Static_assert(((SOF_REUSEADDR | SOF_KEEPALIVE | SOF_BROADCAST) & 0xc0) == 0, "lwIP's options");

uint8_t tcp_sharing_flags(const struct inet_socket *socket) {
    return (uint8_t)(SOF_REUSEADDR | (socket->reuse_address ? SHARES_ADDRESS : 0) |
                     (socket->reuse_port ? SHARES_PORT : 0));
}

/* `sharing`: a bit that both have lets them share the port. */
static bool taken(const struct tcp_pcb *list, const struct tcp_pcb *own, const ip_addr_t *address,
                  uint16_t port, uint8_t sharing) {
    for (const struct tcp_pcb *pcb = list; pcb != NULL; pcb = pcb->next)
        if (pcb != own && pcb->local_port == port && !(pcb->so_options & sharing) &&
            pcb->state != SYN_RCVD && inet_overlap(&pcb->local_ip, address))
            return true;
    return false;
}

/* The same for those that listen, whose pcbs are a shorter struct. SO_REUSEADDR does not help. */
static bool listened_on(const struct tcp_pcb *own, const ip_addr_t *address, uint16_t port,
                        uint8_t sharing) {
    for (const struct tcp_pcb_listen *pcb = tcp_listen_pcbs.listen_pcbs; pcb != NULL;
         pcb = pcb->next)
        if ((const void *)pcb != own && pcb->local_port == port &&
            !(pcb->so_options & sharing & SHARES_PORT) && inet_overlap(&pcb->local_ip, address))
            return true;
    return false;
}

bool tcp_port_taken(const struct inet_socket *socket, const struct tcp_pcb *own,
                    const ip_addr_t *address, uint16_t port) {
    uint8_t sharing = tcp_sharing_flags(socket) & (SHARES_ADDRESS | SHARES_PORT);
    if (listened_on(own, address, port, sharing) ||
        taken(tcp_bound_pcbs, own, address, port, sharing) ||
        taken(tcp_active_pcbs, own, address, port, sharing))
        return true;
    /* A connection that is over keeps its port from those alone that ask for nothing. */
    return sharing == 0 && taken(tcp_tw_pcbs, own, address, port, 0);
}

bool tcp_listener_taken(const struct inet_socket *socket, const struct tcp_pcb *pcb) {
    return listened_on(pcb, &pcb->local_ip, pcb->local_port, tcp_sharing_flags(socket));
}
