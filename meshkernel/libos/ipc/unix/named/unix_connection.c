/* Local sockets that others find by their names: listening, connecting, and what they leave behind.
 */
#include "core/alloc.h"
#include "core/clock.h"
#include "core/start.h"
#include "ipc/unix/named/named.h"
#include "linux/errno.h"

#define BACKLOG_MAX 4096

static int unix_listen(struct file *file, int backlog) {
    struct unix_socket *socket = unix_of(file);

    if (socket->type == SOCK_DGRAM)
        return -ENOTSUP;
    if (socket->name.address.size == 0 || socket->state == UNIX_CONNECTED)
        return -EINVAL;
    socket->state = UNIX_LISTENING;
    socket->backlog = MIN(MAX(backlog, 1), BACKLOG_MAX);
    return 0;
}

/* Until something changes at the listener, or a little while: a listener that is closed meanwhile
 * lives on by our reference, and wakes nobody. */
static int wait_briefly(struct file *listener) {
    file_get(listener);
    int error = wait_sleep(&listener->waiters, clock_monotonic() + 10 * NANOS_PER_MS);

    file_put(listener);
    return error == -ETIMEDOUT ? 0 : error;
}

/* Waits until the listener has room. It is looked up again after each sleep. */
static int find_listener(struct file *file, const struct socket_address *address,
                         struct unix_socket **listener) {
    for (;;) {
        int error = unix_find(address, listener);

        if (error)
            return error;
        if ((*listener)->type != unix_of(file)->type)
            return -EPROTOTYPE;
        if ((*listener)->state != UNIX_LISTENING)
            return -ECONNREFUSED;
        if ((*listener)->pending_count < (*listener)->backlog)
            return 0;
        if (file->flags & O_NONBLOCK)
            return -EAGAIN;
        error = wait_briefly((*listener)->file);
        if (error)
            return error;
    }
}

static int connect_datagrams(struct unix_socket *socket, const struct socket_address *address) {
    struct unix_socket *peer;
    int error = unix_find(address, &peer);

    if (error)
        return error;
    if (peer->type != SOCK_DGRAM)
        return -EPROTOTYPE;
    list_remove(&socket->sender_link);
    list_append(&peer->senders, &socket->sender_link);
    socket->peer = peer;
    socket->peer_name = peer->name;
    socket->state = UNIX_CONNECTED;
    return 0;
}

static int unix_connect(struct file *file, const struct socket_address *address) {
    struct unix_socket *socket = unix_of(file), *listener;

    if (socket->type == SOCK_DGRAM)
        return connect_datagrams(socket, address);
    if (socket->state != UNIX_NEW)
        return socket->state == UNIX_CONNECTED ? -EISCONN : -EINVAL;
    int error = find_listener(file, address, &listener);
    if (error)
        return error;
    struct unix_socket *accepted = unix_new(socket->type);
    if (accepted != NULL)
        accepted->pass_credentials = listener->pass_credentials;
    if (accepted == NULL || unix_join(socket, accepted)) {
        kfree(accepted);
        return -ENOMEM;
    }
    /* The name stays the listener's: the new end is not found by it. */
    accepted->name.address = listener->name.address;
    accepted->peer_name = socket->name;
    socket->peer_name = listener->name;
    list_append(&listener->pending, &accepted->pending_link);
    listener->pending_count++;
    unix_wake(listener, EPOLLIN);
    return 0;
}

static int unix_accept(struct file *file, struct file **accepted, struct socket_address *peer) {
    struct unix_socket *listener = unix_of(file);

    if (listener->state != UNIX_LISTENING)
        return -EINVAL;
    if (list_empty(&listener->pending) && file->flags & O_NONBLOCK)
        return -EAGAIN;
    int error = WAIT_UNTIL(&file->waiters, option_deadline(listener->receive_timeout),
                           !list_empty(&listener->pending));
    if (error)
        return error == -ETIMEDOUT ? -EAGAIN : error;
    struct unix_socket *socket = LIST_FIRST(&listener->pending, struct unix_socket, pending_link);
    error = unix_open_file(socket, 0);
    if (error)
        return error;
    list_remove(&socket->pending_link);
    listener->pending_count--;
    wait_wake(&file->waiters, EPOLLOUT); /* who waits in connect */
    *accepted = socket->file;
    return unix_get_name(socket->file, peer, true);
}

/* Those that send to it see that it is gone, and those that wait to be accepted too. */
static void unix_forget(struct unix_socket *socket) {
    list_remove(&socket->sender_link);
    LIST_FOR_EACH(link, &socket->senders) {
        struct unix_socket *sender = LIST_ENTRY(link, struct unix_socket, sender_link);

        list_remove(link);
        sender->peer = NULL;
        unix_wake(sender, EPOLLOUT);
    }
    LIST_FOR_EACH(link, &socket->pending) {
        struct unix_socket *waiting = LIST_ENTRY(link, struct unix_socket, pending_link);

        list_remove(link);
        unix_free(waiting);
    }
    list_remove(&socket->name_link);
    list_remove(&socket->pending_link);
    while (!list_empty(&socket->controls))
        unix_control_free(unix_next_control(socket));
    unix_drop_messages(socket);
}

static ssize_t unix_send(struct file *file, struct io *io, int flags,
                         const struct socket_address *address, struct control_in *control) {
    struct unix_control *carried;

    if (flags & MSG_OOB)
        return -EOPNOTSUPP;
    bool stream = unix_of(file)->type == SOCK_STREAM;
    if (stream && address && address->size)
        return unix_of(file)->state == UNIX_CONNECTED ? -EISCONN : -EOPNOTSUPP;
    ssize_t result = unix_control_load(control, &carried);
    if (result)
        return result;
    result = stream ? unix_send_stream(file, io, flags, &carried)
                    : unix_send_message(file, io, flags, address, &carried);
    unix_control_free(carried);
    return result;
}

static ssize_t unix_receive(struct file *file, struct io *io, int flags,
                            struct socket_address *address, int *flags_out,
                            struct control_out *control) {
    if (flags & MSG_OOB)
        return -EOPNOTSUPP;
    if (unix_of(file)->type != SOCK_STREAM)
        return unix_receive_message(file, io, flags, address, flags_out, control);
    return unix_receive_stream(file, io, flags, control);
}

static const struct socket_ops unix_socket_ops = {
    .bind = unix_bind,
    .listen = unix_listen,
    .accept = unix_accept,
    .connect = unix_connect,
    .shutdown = unix_shutdown,
    .get_name = unix_get_name,
    .send = unix_send,
    .receive = unix_receive,
    .set_option = unix_set_option,
    .get_option = unix_get_option,
};

static const struct unix_named named = {
    .sockets = &unix_socket_ops,
    .forget = unix_forget,
    .message_size = unix_message_size,
    .give = unix_stream_give,
};

static void unix_named_init(void) {
    unix_named = &named;
}
START(START_FILES, unix_named_init);
