/* What ICMP errors mean to connections, as in Linux: one that is being opened fails, and one that
 * stands remembers the error in case that it times out (RFC 1122, 4.2.3.9; RFC 5461, 3). */
#include "lwip/priv/tcp_priv.h"
#include "net/socket_types.h"
#include "net/tcp/tcp_socket.h"

/* The quoted segment has to be under way still: who only guesses addresses and ports ends nothing
 * (RFC 5927, 4.1). */
static bool concerns(const struct tcp_pcb *pcb, const struct inet_quote *flow) {
    const struct tcp_socket *socket =
        pcb->callback_arg; /* a listener's where nobody accepted yet */
    return socket != NULL && socket->pcb == pcb && pcb->local_port == flow->local_port &&
           pcb->remote_port == flow->remote_port && ip_addr_cmp(&pcb->local_ip, &flow->local) &&
           ip_addr_cmp(&pcb->remote_ip, &flow->remote) &&
           TCP_SEQ_BETWEEN(flow->sequence, pcb->lastack, pcb->snd_nxt);
}

void tcp_socket_unreachable(const struct inet_quote *flow, uint8_t protocol, int error) {
    if (protocol != IPPROTO_TCP || error == EMSGSIZE) /* which is about the path's MTU */
        return;
    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
        if (!concerns(pcb, flow))
            continue;
        struct tcp_socket *socket = pcb->callback_arg;
        if (pcb->state == SYN_SENT)
            tcp_connecting->failed(socket, error);
        else
            socket->reported = error;
        return;
    }
}
