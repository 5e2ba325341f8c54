/* What goes through local sockets: bytes for SOCK_STREAM, whole messages for the others. */
#include "core/alloc.h"
#include "core/clock.h"
#include "core/string.h"
#include "core/thread.h"
#include "ipc/unix_internal.h"
#include "linux/errno.h"
#include "linux/signal.h"

struct message {
    struct list link;
    struct socket_address from;
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

static ssize_t send_stream(struct file *file, struct io *io, int flags) {
    struct unix_socket *socket = unix_of(file);
    ssize_t done = 0;

    if (socket->state != UNIX_CONNECTED)
        return -ENOTCONN;
    while (io->left > 0) {
        int error = 0;

        if (!cannot_send(socket) && stream_room(&socket->peer->incoming) == 0)
            error =
                may_not_wait(file, flags)
                    ? -EAGAIN
                    : WAIT_UNTIL(&file->waiters, NANOS_NEVER,
                                 cannot_send(socket) || stream_room(&socket->peer->incoming) > 0);
        if (error == 0 && cannot_send(socket))
            error = done ? -EPIPE : broken_pipe(flags);
        ssize_t count = error ? error : stream_write(&socket->peer->incoming, io);
        if (count <= 0)
            return done ? done : count;
        done += count;
        unix_wake(socket->peer, EPOLLIN);
    }
    return done;
}

static ssize_t receive_stream(struct file *file, struct io *io, int flags) {
    struct unix_socket *socket = unix_of(file);
    ssize_t done = 0;

    if (socket->state != UNIX_CONNECTED)
        return -EINVAL;
    while (io->left > 0) {
        bool ended = socket->peer == NULL || socket->peer->write_shut || socket->read_shut;
        int error = 0;

        if (stream_used(&socket->incoming) == 0 && ended)
            break;
        if (stream_used(&socket->incoming) == 0)
            error = may_not_wait(file, flags) ? -EAGAIN : wait_sleep(&file->waiters, NANOS_NEVER);
        if (error)
            return done ? done : error;
        ssize_t count = stream_read(&socket->incoming, io, flags & MSG_PEEK);
        if (count < 0)
            return done ? done : count;
        done += count;
        if (count > 0)
            unix_wake(socket->peer, EPOLLOUT);
        if (done > 0 && (flags & MSG_PEEK || (flags & MSG_WAITALL) == 0))
            break;
    }
    return done;
}

static struct message *make_message(const struct unix_socket *from, struct io *io) {
    struct message *message = kmalloc(sizeof(*message) + io->left);

    if (message == NULL)
        return NULL;
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
                            const struct socket_address *address) {
    struct unix_socket *socket = unix_of(file), *receiver;

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
        error = wait_sleep(&file->waiters, clock_monotonic() + RETRY_INTERVAL);
        if (error && error != -ETIMEDOUT)
            return error;
    }
    size_t size = io->left;
    struct message *message = make_message(socket, io);
    if (message == NULL)
        return io->left < size ? -EFAULT : -ENOBUFS;
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
    kfree(message);
    unix_wake(socket->peer, EPOLLOUT);
    LIST_FOR_EACH(link, &socket->senders)
    unix_wake(LIST_ENTRY(link, struct unix_socket, sender_link), EPOLLOUT);
}

static ssize_t receive_message(struct file *file, struct io *io, int flags,
                               struct socket_address *address, int *flags_out) {
    struct unix_socket *socket = unix_of(file);
    int error = 0;

    if (list_empty(&socket->messages) && !no_more_messages(socket))
        error = may_not_wait(file, flags)
                    ? -EAGAIN
                    : WAIT_UNTIL(&file->waiters, NANOS_NEVER,
                                 !list_empty(&socket->messages) || no_more_messages(socket));
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
    if ((flags & MSG_PEEK) == 0)
        take_message(socket, message);
    return size > room && flags & MSG_TRUNC ? (ssize_t)size : count;
}

void unix_drop_messages(struct unix_socket *socket) {
    LIST_FOR_EACH(link, &socket->messages)
    kfree(LIST_ENTRY(link, struct message, link));
    list_init(&socket->messages);
    socket->messages_size = 0;
}

size_t unix_available(const struct unix_socket *socket) {
    if (socket->type == SOCK_STREAM)
        return socket->incoming.pages ? stream_used(&socket->incoming) : 0;
    return list_empty(&socket->messages)
               ? 0
               : LIST_FIRST(&socket->messages, struct message, link)->size;
}

ssize_t unix_send(struct file *file, struct io *io, int flags,
                  const struct socket_address *address) {
    if (flags & MSG_OOB)
        return -ENOTSUP;
    if (unix_of(file)->type != SOCK_STREAM)
        return send_message(file, io, flags, address);
    return address && address->size ? -EISCONN : send_stream(file, io, flags);
}

ssize_t unix_receive(struct file *file, struct io *io, int flags, struct socket_address *address,
                     int *flags_out) {
    if (flags & MSG_OOB)
        return -ENOTSUP;
    if (unix_of(file)->type != SOCK_STREAM)
        return receive_message(file, io, flags, address, flags_out);
    return receive_stream(file, io, flags);
}
