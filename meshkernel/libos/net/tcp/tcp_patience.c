/* TCP_USER_TIMEOUT (RFC 5482, tcp(7)): how long sent bytes may stay unacknowledged before the
 * connection is given up. Looked at by lwIP's poll timer, which runs while something is on its
 * way, so that a segment costs nothing. */
#include "lwip/priv/tcp_priv.h"
#include "net/tcp/tcp_socket.h"

#define EVERY 1 /* slow ticks */

static err_t look(void *argument, struct tcp_pcb *pcb) {
    struct tcp_socket *socket = argument;
    if (socket == NULL)
        return ERR_OK;
    if (pcb->unacked == NULL || pcb->lastack != socket->acknowledged_at_last) {
        socket->acknowledged_at_last = pcb->lastack;
        socket->not_since = tcp_ticks;
        return ERR_OK;
    }
    uint32_t passed = (tcp_ticks - socket->not_since) * TCP_SLOW_INTERVAL;
    if (socket->user_timeout == 0 || passed < socket->user_timeout)
        return ERR_OK;
    tcp_socket_timed_out(socket);
    tcp_abort(pcb);
    return ERR_ABRT;
}

void tcp_patience_apply(struct tcp_socket *socket) {
    if (socket->user_timeout != 0) {
        socket->acknowledged_at_last = socket->pcb->lastack;
        socket->not_since = tcp_ticks;
        tcp_poll(socket->pcb, look, EVERY);
    } else if (socket->pcb->poll == look) {
        tcp_poll(socket->pcb, NULL, 0);
    }
}
