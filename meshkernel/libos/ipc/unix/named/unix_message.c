/* Messages of local sockets, which are sent and received whole: SOCK_DGRAM and SOCK_SEQPACKET. */
#include "core/alloc.h"
#include "core/clock.h"
#include "core/string.h"
#include "ipc/unix/named/named.h"
#include "linux/errno.h"

struct message {
    struct list link;
    struct socket_address from;
    struct unix_control *control; /* or NULL */
    size_t size;
    char bytes[];
};

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

ssize_t unix_send_message(struct file *file, struct io *io, int flags,
                          const struct socket_address *address, struct unix_control **carried) {
    struct unix_socket *socket = unix_of(file), *receiver;
    nanos_t deadline = option_deadline(socket->send_timeout);

    if (io->left > MESSAGES_MAX)
        return -EMSGSIZE;
    for (;;) {
        int error = receiver_of(socket, address, &receiver);

        if (error == 0 && (socket->write_shut || receiver->read_shut))
            error = -EPIPE;
        if (error == -EPIPE)
            return unix_broken_pipe(flags);
        if (error)
            return error;
        if (has_room(receiver, io->left))
            break;
        if (unix_may_not_wait(file, flags))
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

ssize_t unix_receive_message(struct file *file, struct io *io, int flags,
                             struct socket_address *address, int *flags_out,
                             struct control_out *control) {
    struct unix_socket *socket = unix_of(file);
    int error = 0;

    if (list_empty(&socket->messages) && !no_more_messages(socket))
        error = unix_may_not_wait(file, flags)
                    ? -EAGAIN
                    : WAIT_UNTIL(&file->waiters, option_deadline(socket->receive_timeout),
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

void unix_drop_messages(struct unix_socket *socket) {
    while (!list_empty(&socket->messages))
        take_message(socket, LIST_FIRST(&socket->messages, struct message, link));
}

size_t unix_message_size(const struct unix_socket *socket) {
    return list_empty(&socket->messages)
               ? 0
               : LIST_FIRST(&socket->messages, struct message, link)->size;
}
