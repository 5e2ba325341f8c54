/* What goes through local sockets: bytes for SOCK_STREAM, whole messages for the others. */
#include "core/alloc.h"
#include "core/clock.h"
#include "core/string.h"
#include "core/thread.h"
#include "ipc/unix/unix_internal.h"
#include "linux/errno.h"
#include "linux/signal.h"

struct message {
    struct list link;
    struct socket_address from;
    struct unix_control *control; /* or NULL */
    size_t size;
    char bytes[];
};

static int broken_pipe(int flags) {
    if ((flags & MSG_NOSIGNAL) == 0)
        signal_raise(current, SIGPIPE);
    return -EPIPE;
}

static bool may_not_wait(const struct file *file, int flags) {
    return file->flags & O_NONBLOCK || flags & MSG_DONTWAIT;
}

static bool cannot_send(const struct unix_socket *socket) {
    return socket->write_shut || socket->peer == NULL || socket->peer->read_shut;
}

static bool stream_is_full(const struct unix_socket *socket) {
    return !cannot_send(socket) && stream_room(&socket->peer->incoming) == 0;
}

static int wait_for_room(struct file *file, int flags, nanos_t deadline) {
    const struct unix_socket *socket = unix_of(file);

    if (!stream_is_full(socket))
        return 0;
    if (may_not_wait(file, flags))
        return -EAGAIN;
    int error = WAIT_UNTIL(&file->waiters, deadline, !stream_is_full(socket));
    return error == -ETIMEDOUT ? -EAGAIN : error;
}

/* Takes *carried over with the first bytes. */
static ssize_t write_stream(struct unix_socket *peer, struct io *io,
                            struct unix_control **carried) {
    uint64_t start = peer->incoming.head;
    ssize_t count = stream_write(&peer->incoming, io);

    if (count > 0 && *carried) {
        (*carried)->start = start;
        (*carried)->end = peer->incoming.head;
        list_append(&peer->controls, &(*carried)->link);
        *carried = NULL;
    }
    return count;
}

static ssize_t send_stream(struct file *file, struct io *io, int flags,
                           struct unix_control **carried) {
    struct unix_socket *socket = unix_of(file);
    nanos_t deadline = unix_deadline(socket->send_timeout);
    ssize_t done = 0;

    if (socket->state != UNIX_CONNECTED)
        return -ENOTCONN;
    while (io->left > 0) {
        int error = wait_for_room(file, flags, deadline);

        if (error == 0 && cannot_send(socket))
            error = done ? -EPIPE : broken_pipe(flags);
        ssize_t count = error ? error : write_stream(socket->peer, io, carried);
        if (count <= 0)
            return done ? done : count;
        done += count;
        unix_wake(socket->peer, EPOLLIN);
    }
    return done;
}

/* What goes beside the next bytes, however far away it is; NULL: nothing. */
static struct unix_control *next_control(const struct unix_socket *socket) {
    return list_empty(&socket->controls) ? NULL
                                         : LIST_FIRST(&socket->controls, struct unix_control, link);
}

/* Reads up to the end of what the next ancillary data came with. */
static ssize_t read_stream(struct unix_socket *socket, struct io *io, bool peek) {
    const struct unix_control *next = next_control(socket);
    struct io part = *io;

    if (next)
        part.left = MIN(part.left, (size_t)(next->end - socket->incoming.tail));
    size_t most = part.left;
    ssize_t count = stream_read(&socket->incoming, &part, peek);
    *io = (struct io){part.vector, part.count, part.position, io->left - (most - part.left)};
    return count;
}

/* Whether what was read from `start` on had something beside it, which then is given. */
static bool give_control(struct unix_socket *socket, uint64_t start, ssize_t count, bool peek,
                         struct control_out *control, int *error) {
    struct unix_control *next = next_control(socket);
    bool reached = next && start + (uint64_t)count > next->start;

    *error = unix_control_give(socket, reached ? next : NULL, control);
    if (reached && !peek)
        unix_control_free(next);
    return reached;
}

static ssize_t receive_stream(struct file *file, struct io *io, int flags,
                              struct control_out *control) {
    struct unix_socket *socket = unix_of(file);
    nanos_t deadline = unix_deadline(socket->receive_timeout);
    ssize_t done = 0;

    if (socket->state != UNIX_CONNECTED)
        return -EINVAL;
    while (io->left > 0) {
        bool ended = socket->peer == NULL || socket->peer->write_shut || socket->read_shut;
        int error = 0;

        if (stream_used(&socket->incoming) == 0 && ended)
            break;
        if (stream_used(&socket->incoming) == 0)
            error = may_not_wait(file, flags) ? -EAGAIN : wait_sleep(&file->waiters, deadline);
        if (error)
            return done ? done : error == -ETIMEDOUT ? -EAGAIN : error;
        uint64_t start = socket->incoming.tail;
        ssize_t count = read_stream(socket, io, flags & MSG_PEEK);
        if (count < 0)
            return done ? done : count;
        bool given = count > 0 && give_control(socket, start, count, flags & MSG_PEEK,
                                               done == 0 ? control : NULL, &error);
        if (error)
            return error;
        done += count;
        if (count > 0)
            unix_wake(socket->peer, EPOLLOUT);
        if (given || (done > 0 && (flags & MSG_PEEK || (flags & MSG_WAITALL) == 0)))
            break;
    }
    return done;
}

static struct message *make_message(const struct unix_socket *from, struct io *io) {
    struct message *message = kmalloc(sizeof(*message) + io->left);

    if (message == NULL)
        return NULL;
    message->control = NULL;
    message->from = from->name.address;
    message->size = io->left;
    if (io->left > 0 && io_from_user(io, message->bytes, message->size) != (ssize_t)message->size) {
        kfree(message);
        return NULL;
    }
    return message;
}

/* Where a message goes: the address given, or the peer. */
static int receiver_of(struct unix_socket *socket, const struct socket_address *address,
                       struct unix_socket **receiver) {
    *receiver = socket->peer;
    if (socket->type == SOCK_DGRAM && address && address->size) {
        int error = unix_find(address, receiver);

        if (error == 0 && (*receiver)->type != SOCK_DGRAM)
            error = -EPROTOTYPE;
        return error;
    }
    if (*receiver)
        return 0;
    return socket->state == UNIX_NEW    ? -ENOTCONN
           : socket->type == SOCK_DGRAM ? -ECONNREFUSED
                                        : -EPIPE;
}

static bool has_room(const struct unix_socket *receiver, size_t size) {
    return receiver->messages_size == 0 || receiver->messages_size + size <= MESSAGES_MAX;
}

/* The receiver may go away while we wait, so it is looked for again after each sleep. A sender that
 * is not connected is not on the receiver's list of those to wake: it tries again at short
 * intervals. */
#define RETRY_INTERVAL (10 * NANOS_PER_MS)

static ssize_t send_message(struct file *file, struct io *io, int flags,
                            const struct socket_address *address, struct unix_control **carried) {
    struct unix_socket *socket = unix_of(file), *receiver;
    nanos_t deadline = unix_deadline(socket->send_timeout);

    if (io->left > MESSAGES_MAX)
        return -EMSGSIZE;
    for (;;) {
        int error = receiver_of(socket, address, &receiver);

        if (error == 0 && (socket->write_shut || receiver->read_shut))
            error = -EPIPE;
        if (error == -EPIPE)
            return broken_pipe(flags);
        if (error)
            return error;
        if (has_room(receiver, io->left))
            break;
        if (may_not_wait(file, flags))
            return -EAGAIN;
        nanos_t now = clock_monotonic();
        if (now >= deadline)
            return -EAGAIN;
        error = wait_sleep(&file->waiters, MIN(deadline, now + RETRY_INTERVAL));
        if (error && error != -ETIMEDOUT)
            return error;
    }
    size_t size = io->left;
    struct message *message = make_message(socket, io);
    if (message == NULL)
        return io->left < size ? -EFAULT : -ENOBUFS;
    message->control = *carried;
    *carried = NULL;
    list_append(&receiver->messages, &message->link);
    receiver->messages_size += size;
    unix_wake(receiver, EPOLLIN);
    return (ssize_t)size;
}

static bool no_more_messages(const struct unix_socket *socket) {
    if (socket->read_shut)
        return true;
    return socket->type == SOCK_SEQPACKET && (socket->peer == NULL || socket->peer->write_shut);
}

static void take_message(struct unix_socket *socket, struct message *message) {
    list_remove(&message->link);
    socket->messages_size -= message->size;
    unix_control_free(message->control);
    kfree(message);
    unix_wake(socket->peer, EPOLLOUT);
    LIST_FOR_EACH(link, &socket->senders)
    unix_wake(LIST_ENTRY(link, struct unix_socket, sender_link), EPOLLOUT);
}

static ssize_t receive_message(struct file *file, struct io *io, int flags,
                               struct socket_address *address, int *flags_out,
                               struct control_out *control) {
    struct unix_socket *socket = unix_of(file);
    int error = 0;

    if (list_empty(&socket->messages) && !no_more_messages(socket))
        error = may_not_wait(file, flags)
                    ? -EAGAIN
                    : WAIT_UNTIL(&file->waiters, unix_deadline(socket->receive_timeout),
                                 !list_empty(&socket->messages) || no_more_messages(socket));
    if (error == -ETIMEDOUT)
        error = -EAGAIN;
    if (error || list_empty(&socket->messages))
        return error;
    struct message *message = LIST_FIRST(&socket->messages, struct message, link);
    size_t size = message->size, room = io->left;
    ssize_t count = io_to_user(io, message->bytes, size);
    if (count < 0)
        return count;
    if (address)
        *address = message->from;
    if (size > room && flags_out)
        *flags_out |= MSG_TRUNC;
    error = unix_control_give(socket, message->control, control);
    if (error)
        return error;
    if ((flags & MSG_PEEK) == 0)
        take_message(socket, message);
    return size > room && flags & MSG_TRUNC ? (ssize_t)size : count;
}

void unix_drop_received(struct unix_socket *socket) {
    while (!list_empty(&socket->controls))
        unix_control_free(next_control(socket));
    while (!list_empty(&socket->messages))
        take_message(socket, LIST_FIRST(&socket->messages, struct message, link));
}

size_t unix_available(const struct unix_socket *socket) {
    if (socket->type == SOCK_STREAM)
        return socket->incoming.pages ? stream_used(&socket->incoming) : 0;
    return list_empty(&socket->messages)
               ? 0
               : LIST_FIRST(&socket->messages, struct message, link)->size;
}

ssize_t unix_send(struct file *file, struct io *io, int flags, const struct socket_address *address,
                  struct control_in *control) {
    struct unix_control *carried;

    if (flags & MSG_OOB)
        return -EOPNOTSUPP;
    bool stream = unix_of(file)->type == SOCK_STREAM;
    if (stream && address && address->size)
        return unix_of(file)->state == UNIX_CONNECTED ? -EISCONN : -EOPNOTSUPP;
    ssize_t result = unix_control_load(control, &carried);
    if (result)
        return result;
    result = stream ? send_stream(file, io, flags, &carried)
                    : send_message(file, io, flags, address, &carried);
    unix_control_free(carried);
    return result;
}

ssize_t unix_receive(struct file *file, struct io *io, int flags, struct socket_address *address,
                     int *flags_out, struct control_out *control) {
    if (flags & MSG_OOB)
        return -EOPNOTSUPP;
    if (unix_of(file)->type != SOCK_STREAM)
        return receive_message(file, io, flags, address, flags_out, control);
    return receive_stream(file, io, flags, control);
}
