#include "tunnel_internal.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define CHUNK 65536    /* bytes read from the host at once */
#define LOW_WATER 4096 /* free bytes in lwIP's buffer below which the host is not read */
#define PIECES 64

/* False: the host's side is broken. */
static bool move_to_host(struct tunnel *tunnel) {
    while (tunnel->inbound) {
        struct iovec pieces[PIECES];
        size_t filled = 0;
        for (struct pbuf *at = tunnel->inbound; at && filled < PIECES; at = at->next)
            pieces[filled++] = (struct iovec){at->payload, at->len};
        struct msghdr message = {.msg_iov = pieces, .msg_iovlen = filled};
        ssize_t moved = sendmsg(tunnel->watch.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (moved < 0)
            return errno == EAGAIN || errno == EINTR;
        if (tunnel->way)
            tunnel->way->sent += (uint64_t)moved;
        for (size_t left = (size_t)moved; left > 0;) {
            u16_t step = left < UINT16_MAX ? (u16_t)left : UINT16_MAX;
            tunnel->inbound = pbuf_free_header(tunnel->inbound, step);
            if (tunnel->pcb)
                tcp_recved(tunnel->pcb, step);
            left -= step;
        }
    }
    if (tunnel->mesh_ended && !tunnel->mesh_passed) {
        tunnel->mesh_passed = true;
        shutdown(tunnel->watch.fd, SHUT_WR);
    }
    return true;
}

static bool has_room(const struct tunnel *tunnel) {
    return tunnel->pcb && tcp_sndbuf(tunnel->pcb) >= LOW_WATER &&
           tcp_sndqueuelen(tunnel->pcb) < TCP_SND_QUEUELEN / 2;
}

/* False: one of the sides is broken. */
static bool move_to_mesh(struct tunnel *tunnel) {
    static uint8_t chunk[CHUNK];
    if (!tunnel->host_ended && has_room(tunnel)) {
        size_t room = tcp_sndbuf(tunnel->pcb);
        room = room < UINT16_MAX ? room : UINT16_MAX; /* tcp_write takes 16 bits */
        ssize_t got = recv(tunnel->watch.fd, chunk, room, MSG_DONTWAIT);
        if (got < 0)
            return errno == EAGAIN || errno == EINTR;
        if (tunnel->way)
            tunnel->way->received += (uint64_t)got;
        if (got == 0)
            tunnel->host_ended = true;
        else if (tcp_write(tunnel->pcb, chunk, (u16_t)got, TCP_WRITE_FLAG_COPY) != ERR_OK)
            return false; /* no memory, or a peer whose segments are absurdly small */
    }
    if (tunnel->host_ended && !tunnel->host_passed) {
        tunnel->host_passed = true;
        if (tunnel->pcb && tcp_shutdown(tunnel->pcb, 0, 1) != ERR_OK)
            return false;
    }
    if (tunnel->pcb)
        tcp_output(tunnel->pcb);
    return true;
}

/* What the host's socket is watched for: while the mesh holds it up, only a reset of the client. */
static bool watch_host(struct tunnel *tunnel) {
    uint32_t events = 0;
    if (!tunnel->host_ended && has_room(tunnel))
        events |= EPOLLIN;
    if (tunnel->inbound)
        events |= EPOLLOUT;
    if (events || !tunnel->hung_up)
        return loop_watch(&tunnel->watch, events);
    loop_unwatch(&tunnel->watch);
    return true;
}

/* What a machine has not taken yet stays with its tunnel, where it is counted: a connection that
 * lwIP closes by itself is nobody's, and a machine could leave behind any number of full buffers.
 */
static bool is_drained(const struct tunnel *tunnel) {
    return tunnel->pcb->snd_buf >= TCP_SND_BUF; /* where the end takes no room */
}

/* Both ends have said all, and the machine has acknowledged it: lwIP waits by itself for the end
 * to be acknowledged, and closes. It tells nobody, so the tunnel must not know the connection any
 * longer; what the host has not taken yet is the tunnel's own. */
static void part(struct tunnel *tunnel) {
    struct tcp_pcb *pcb = tunnel->pcb;
    if (!pcb || !tunnel->host_passed || !tunnel->mesh_ended || !is_drained(tunnel))
        return;
    tunnel_forget_connection(tunnel);
    if (tcp_close(pcb) != ERR_OK)
        tcp_abort(pcb);
}

bool passage_move(struct tunnel *tunnel) {
    bool works = move_to_host(tunnel);
    if (tunnel->failure || !works || !move_to_mesh(tunnel) || !watch_host(tunnel))
        return false;
    part(tunnel);
    return true;
}

bool passage_is_over(const struct tunnel *tunnel) {
    return tunnel->host_passed && tunnel->mesh_passed && !tunnel->pcb;
}
