/* AF_UNIX. Here are pairs of streams: unix_socket.c (life), unix_stream.c (bytes) and
 * unix_option.c; all else is in ipc/unix/named. */
#pragma once

#include "core/list.h"
#include "fs/file.h"
#include "ipc/stream/stream.h"
#include "net/option.h"
#include "net/socket.h"

#define SOCK_SEQPACKET 5
#define FAMILY_SIZE 2u /* of an address: the family, in front of the name */

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

/* What goes beside the bytes of one send. Of a stream, it comes with the first of the bytes from
 * `start` to `end`, and no receive goes on behind them. */
struct unix_control {
    struct list link;
    uint64_t start, end;
    struct credentials credentials;
    size_t file_count;
    struct file *files[]; /* with references */
};

/* Options. */
int unix_set_option(struct file *file, int level, int name, const void *value, uint32_t size);
int unix_get_option(struct file *file, int level, int name, void *value, uint32_t *size);

/* What ipc/unix/named sets; NULL without it. Then no socket has a name, messages, or anything that
 * goes beside its bytes. */
struct unix_named {
    const struct socket_ops *sockets;                         /* of every local socket */
    void (*forget)(struct unix_socket *socket);               /* before one is freed */
    size_t (*message_size)(const struct unix_socket *socket); /* of the next one, 0: none */
    /* Whether what was read from `start` on had something beside it, which then is given. */
    bool (*give)(struct unix_socket *socket, uint64_t start, ssize_t count, bool peek,
                 struct control_out *control, int *error);
};

extern const struct unix_named *unix_named;

/* Life. A new socket has no file; its file frees it. */
struct unix_socket *unix_new(int type); /* or NULL */
int unix_open_file(struct unix_socket *socket, int flags);
void unix_free(struct unix_socket *socket);
int unix_join(struct unix_socket *a, struct unix_socket *b); /* 0 or -ENOMEM */
int unix_shutdown(struct file *file, int how);
int unix_get_name(struct file *file, struct socket_address *address, bool peer);

/* Bytes. A send takes over *carried, which goes beside the first of them, or leaves it alone. */
ssize_t unix_send_stream(struct file *file, struct io *io, int flags,
                         struct unix_control **carried);
ssize_t unix_receive_stream(struct file *file, struct io *io, int flags,
                            struct control_out *control);
int unix_broken_pipe(int flags); /* -EPIPE, with SIGPIPE */
bool unix_may_not_wait(const struct file *file, int flags);

/* What goes beside the next bytes, however far away it is; NULL: nothing. */
static inline struct unix_control *unix_next_control(const struct unix_socket *socket) {
    return list_empty(&socket->controls) ? NULL
                                         : LIST_FIRST(&socket->controls, struct unix_control, link);
}

static inline struct unix_socket *unix_of(const struct file *file) {
    return file->private;
}

static inline void unix_wake(const struct unix_socket *socket, uint32_t events) {
    if (socket && socket->file)
        wait_wake(&socket->file->waiters, events);
}
