/* AF_UNIX, shared by unix_socket.c (life, connections), unix_transfer.c (bytes) and unix_address.c
 * (names). */
#pragma once

#include "core/list.h"
#include "fs/inode.h"
#include "ipc/stream.h"
#include "net/socket.h"

#define UNIX_PATH_MAX 108

/* Messages waiting for one datagram socket, in bytes. */
#define MESSAGES_MAX (256u << 10)

enum unix_state { UNIX_NEW, UNIX_LISTENING, UNIX_CONNECTED, UNIX_CLOSED };

struct unix_name {
    struct socket_address address; /* size 0: none */
    uint64_t inode;                /* of one with a path */
    uint32_t device;
};

struct unix_socket {
    struct file *file; /* NULL while it waits to be accepted */
    int type;          /* SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET */
    enum unix_state state;
    struct unix_socket *peer; /* NULL: none, or it was closed */
    bool read_shut, write_shut;

    struct stream incoming; /* SOCK_STREAM: pages is NULL until connected */
    struct list messages;   /* the others: struct message */
    size_t messages_size;

    struct unix_name name, peer_name;
    struct list name_link; /* of all that have a name */

    struct list pending; /* listening: connections not yet accepted */
    struct list pending_link;
    int pending_count, backlog;
    struct list senders; /* datagram sockets connected to this one */
    struct list sender_link;
};

#define SOCK_SEQPACKET 5

extern const struct file_ops unix_file_ops;
extern const struct socket_ops unix_socket_ops;

/* Addresses. */
int unix_bind(struct file *file, const struct socket_address *address);
int unix_find(const struct socket_address *address, struct unix_socket **found);
int unix_get_name(struct file *file, struct socket_address *address, bool peer);

/* Bytes. */
ssize_t unix_send(struct file *file, struct io *io, int flags,
                  const struct socket_address *address);
ssize_t unix_receive(struct file *file, struct io *io, int flags, struct socket_address *address,
                     int *flags_out);
void unix_drop_messages(struct unix_socket *socket);
size_t unix_available(const struct unix_socket *socket);

static inline struct unix_socket *unix_of(const struct file *file) {
    return file->private;
}

static inline void unix_wake(const struct unix_socket *socket, uint32_t events) {
    if (socket && socket->file)
        wait_wake(&socket->file->waiters, events);
}
