/* The bytes of local sockets: SOCK_STREAM. */
#include "core/thread.h"
#include "ipc/unix/unix_internal.h"
#include "linux/errno.h"
#include "linux/signal.h"

int unix_broken_pipe(int flags) {
    if ((flags & MSG_NOSIGNAL) == 0)
        signal_raise(current, SIGPIPE);
    return -EPIPE;
}

bool unix_may_not_wait(const struct file *file, int flags) {
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
    if (unix_may_not_wait(file, flags))
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

ssize_t unix_send_stream(struct file *file, struct io *io, int flags,
                         struct unix_control **carried) {
    struct unix_socket *socket = unix_of(file);
    nanos_t deadline = option_deadline(socket->send_timeout);
    ssize_t done = 0;

    if (socket->state != UNIX_CONNECTED)
        return -ENOTCONN;
    while (io->left > 0) {
        int error = wait_for_room(file, flags, deadline);

        if (error == 0 && cannot_send(socket))
            error = done ? -EPIPE : unix_broken_pipe(flags);
        ssize_t count = error ? error : write_stream(socket->peer, io, carried);
        if (count <= 0)
            return done ? done : count;
        done += count;
        unix_wake(socket->peer, EPOLLIN);
    }
    return done;
}

/* Reads up to the end of what the next ancillary data came with. */
static ssize_t read_stream(struct unix_socket *socket, struct io *io, bool peek) {
    const struct unix_control *next = unix_next_control(socket);
    struct io part = *io;

    if (next)
        part.left = MIN(part.left, (size_t)(next->end - socket->incoming.tail));
    size_t most = part.left;
    ssize_t count = stream_read(&socket->incoming, &part, peek);
    *io = (struct io){part.vector, part.count, part.position, io->left - (most - part.left)};
    return count;
}

ssize_t unix_receive_stream(struct file *file, struct io *io, int flags,
                            struct control_out *control) {
    struct unix_socket *socket = unix_of(file);
    nanos_t deadline = option_deadline(socket->receive_timeout);
    ssize_t done = 0;

    if (socket->state != UNIX_CONNECTED)
        return -EINVAL;
    while (io->left > 0) {
        bool ended = socket->peer == NULL || socket->peer->write_shut || socket->read_shut;
        int error = 0;

        if (stream_used(&socket->incoming) == 0 && ended)
            break;
        if (stream_used(&socket->incoming) == 0)
            error = unix_may_not_wait(file, flags) ? -EAGAIN : wait_sleep(&file->waiters, deadline);
        if (error)
            return done ? done : error == -ETIMEDOUT ? -EAGAIN : error;
        uint64_t start = socket->incoming.tail;
        ssize_t count = read_stream(socket, io, flags & MSG_PEEK);
        if (count < 0)
            return done ? done : count;
        bool given = count > 0 && unix_named &&
                     unix_named->give(socket, start, count, flags & MSG_PEEK,
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
