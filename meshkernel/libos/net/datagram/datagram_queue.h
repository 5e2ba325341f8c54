/* Received packets that wait to be read: of UDP, raw and packet sockets. */
#pragma once

#include "net/datagram/ancillary.h"
#include "net/inet_socket.h"

struct pbuf;

struct datagram {
    struct list link;
    struct pbuf *pbuf;
    struct socket_address from;
    struct datagram_origin origin;
};

struct datagram_queue {
    struct list datagrams;
    uint32_t bytes; /* with what keeping them costs */
    bool ended;     /* nothing more is waited for: shutdown */
};

void datagram_queue_init(struct datagram_queue *queue);

/* Takes over the pbuf. What exceeds the socket's receive buffer is dropped, as any network may;
 * false then. `origin` is NULL for what is no IP packet. */
bool datagram_queue_add(struct datagram_queue *queue, struct inet_socket *socket, struct pbuf *pbuf,
                        const struct socket_address *from, const struct datagram_origin *origin);

/* recvmsg for such a socket: waits, copies, and removes the datagram unless MSG_PEEK. */
ssize_t datagram_receive(struct datagram_queue *queue, struct inet_socket *socket, struct io *io,
                         int flags, struct socket_address *from, int *flags_out,
                         struct control_out *control);

/* The length of the first datagram, for FIONREAD. */
uint32_t datagram_queue_next(const struct datagram_queue *queue);
void datagram_queue_clear(struct datagram_queue *queue);

/* A pbuf with the application's bytes, room for headers of `layer` before them; NULL with *error
 * set. */
struct pbuf *datagram_from_user(int layer, struct io *io, size_t most, int *error);
