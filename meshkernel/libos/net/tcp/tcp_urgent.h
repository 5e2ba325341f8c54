/* The out-of-band byte of a TCP connection (RFC 6093; tcp(7), MSG_OOB). */
#pragma once

#include "core/types.h"

struct tcp_pcb;
struct tcp_socket;

enum urgent_state {
    URGENT_NONE,
    URGENT_ANNOUNCED, /* the peer said where it is, but it has not come yet */
    URGENT_THERE,
    URGENT_TAKEN, /* by MSG_OOB; the mark stays until bytes behind it are read */
};

/* Positions are sequence numbers of the connection. */
struct urgent {
    enum urgent_state state;
    uint8_t byte;
    uint32_t mark; /* where the byte is */
    uint32_t next; /* the first that the application has not read */
};

void urgent_start(struct urgent *urgent, uint32_t first);

/* For net/input_hook.c: a segment says that the byte at `position` is urgent. */
void tcp_urgent_announced(struct tcp_socket *socket, uint32_t position);

/* More bytes were queued: the urgent one may be among them. */
void tcp_urgent_arrived(struct tcp_socket *socket);

/* The application has read so many bytes. */
void tcp_urgent_passed(struct tcp_socket *socket, uint32_t bytes);

/* Whether the byte at the mark is left out of the stream, and stands `seen` bytes ahead. */
bool tcp_urgent_left_out(const struct tcp_socket *socket, uint32_t seen);

/* Bytes up to the mark, or UINT32_MAX: one read goes no further. */
uint32_t tcp_urgent_limit(const struct tcp_socket *socket, uint32_t seen);

/* What poll and FIONREAD count. */
uint32_t tcp_readable(const struct tcp_socket *socket);
uint32_t tcp_readable_to_mark(const struct tcp_socket *socket);
bool tcp_at_mark(const struct tcp_socket *socket);

/* MSG_OOB: 1 with *byte, 0 at the end of the stream, or -errno. */
int tcp_urgent_take(struct tcp_socket *socket, bool peek, uint8_t *byte);

/* Marks the last byte that was queued to be sent. */
void tcp_urgent_mark(struct tcp_pcb *pcb);
