/* AF_UNIX, shared by unix_socket.c (life, connections), unix_transfer.c (bytes), unix_control.c
 * (what goes beside them), unix_option.c and unix_address.c (names). */
#pragma once

#include "core/list.h"
#include "fs/inode.h"
#include "ipc/stream/stream.h"
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
    bool pass_credentials;                 /* SO_PASSCRED */
    uint32_t flags;                        /* other options, by number */
    nanos_t receive_timeout, send_timeout; /* 0: none */

    struct stream incoming; /* SOCK_STREAM: pages is NULL until connected */
    struct list controls;   /* what goes beside them: struct unix_control, in order */
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

/* What goes beside the bytes of one send. Of a stream, it comes with the first of the bytes from
 * `start` to `end`, and no receive goes on behind them. */
struct unix_control {
    struct list link;
    uint64_t start, end;
    struct credentials credentials;
    size_t file_count;
    struct file *files[]; /* with references */
};

/* *loaded is NULL where there is nothing. 0, or -errno as sendmsg has it. */
int unix_control_load(struct control_in *control, struct unix_control **loaded);
void unix_control_free(struct unix_control *carried); /* or NULL */

/* To the application that receives on the socket, if it wants any. `carried` may be NULL. */
int unix_control_give(const struct unix_socket *socket, const struct unix_control *carried,
                      struct control_out *out);

/* Options. */
int unix_set_option(struct file *file, int level, int name, const void *value, uint32_t size);
int unix_get_option(struct file *file, int level, int name, void *value, uint32_t *size);

extern const struct file_ops unix_file_ops;
extern const struct socket_ops unix_socket_ops;

/* Addresses. */
int unix_bind(struct file *file, const struct socket_address *address);
int unix_find(const struct socket_address *address, struct unix_socket **found);
int unix_get_name(struct file *file, struct socket_address *address, bool peer);

/* Bytes. */
ssize_t unix_send(struct file *file, struct io *io, int flags, const struct socket_address *address,
                  struct control_in *control);
ssize_t unix_receive(struct file *file, struct io *io, int flags, struct socket_address *address,
                     int *flags_out, struct control_out *control);
void unix_drop_received(struct unix_socket *socket);
size_t unix_available(const struct unix_socket *socket);

nanos_t unix_deadline(nanos_t timeout); /* of SO_RCVTIMEO and SO_SNDTIMEO: 0 is never */

static inline struct unix_socket *unix_of(const struct file *file) {
    return file->private;
}

static inline void unix_wake(const struct unix_socket *socket, uint32_t events) {
    if (socket && socket->file)
        wait_wake(&socket->file->waiters, events);
}
