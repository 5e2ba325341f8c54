/* Local sockets: AF_UNIX streams, datagrams and sequenced packets. */
#include "core/alloc.h"
#include "core/clock.h"
#include "core/start.h"
#include "core/string.h"
#include "ipc/unix/unix_internal.h"
#include "linux/errno.h"

#define FIONREAD 0x541B

#define BACKLOG_MAX 4096

static struct unix_socket *socket_new(int type) {
    struct unix_socket *socket = knew(struct unix_socket);

    if (socket == NULL)
        return NULL;
    socket->type = type;
    list_init(&socket->controls);
    list_init(&socket->messages);
    list_init(&socket->name_link);
    list_init(&socket->pending);
    list_init(&socket->pending_link);
    list_init(&socket->senders);
    list_init(&socket->sender_link);
    return socket;
}

static int open_file(struct unix_socket *socket, int flags) {
    socket->file = file_new(&unix_file_ops, socket, O_RDWR | flags);
    if (socket->file == NULL)
        return -ENOMEM;
    socket->file->socket = &unix_socket_ops;
    return 0;
}

/* Lets go of the other end, which sees the end of the file, and of those that send to this one. */
static void disconnect(struct unix_socket *socket) {
    struct unix_socket *peer = socket->peer;

    if (peer && peer->peer == socket) {
        peer->peer = NULL;
        unix_wake(peer, EPOLLIN | EPOLLOUT | EPOLLHUP | EPOLLRDHUP);
    }
    socket->peer = NULL;
    list_remove(&socket->sender_link);
    LIST_FOR_EACH(link, &socket->senders) {
        struct unix_socket *sender = LIST_ENTRY(link, struct unix_socket, sender_link);

        list_remove(link);
        sender->peer = NULL;
        unix_wake(sender, EPOLLOUT);
    }
}

static void socket_free(struct unix_socket *socket) {
    disconnect(socket);
    LIST_FOR_EACH(link, &socket->pending) {
        struct unix_socket *waiting = LIST_ENTRY(link, struct unix_socket, pending_link);

        list_remove(link);
        socket_free(waiting);
    }
    list_remove(&socket->name_link);
    list_remove(&socket->pending_link);
    unix_drop_received(socket);
    stream_destroy(&socket->incoming);
    kfree(socket);
}

static int join(struct unix_socket *a, struct unix_socket *b) {
    if (a->type == SOCK_STREAM) {
        if (stream_init(&a->incoming, STREAM_SIZE))
            return -ENOMEM;
        if (stream_init(&b->incoming, STREAM_SIZE)) {
            stream_destroy(&a->incoming);
            return -ENOMEM;
        }
    }
    a->peer = b;
    b->peer = a;
    a->state = b->state = UNIX_CONNECTED;
    return 0;
}

static bool known_type(int type) {
    return type == SOCK_STREAM || type == SOCK_DGRAM || type == SOCK_SEQPACKET;
}

static int unix_create(int type, int protocol, int flags, struct file **file) {
    if (!known_type(type))
        return -ESOCKTNOSUPPORT;
    if (protocol != 0 && protocol != AF_UNIX)
        return -EPROTONOSUPPORT;
    struct unix_socket *socket = socket_new(type);
    if (socket == NULL || open_file(socket, flags)) {
        kfree(socket);
        return -ENOMEM;
    }
    *file = socket->file;
    return 0;
}

static int unix_pair(int type, int protocol, int flags, struct file *files[2]) {
    int error = unix_create(type, protocol, flags, &files[0]);

    if (error)
        return error;
    error = unix_create(type, protocol, flags, &files[1]);
    if (error) {
        file_put(files[0]);
        return error;
    }
    error = join(unix_of(files[0]), unix_of(files[1]));
    if (error) {
        file_put(files[0]);
        file_put(files[1]);
    }
    return error;
}

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
    struct unix_socket *accepted = socket_new(socket->type);
    if (accepted != NULL)
        accepted->pass_credentials = listener->pass_credentials;
    if (accepted == NULL || join(socket, accepted)) {
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
    int error = WAIT_UNTIL(&file->waiters, unix_deadline(listener->receive_timeout),
                           !list_empty(&listener->pending));
    if (error)
        return error == -ETIMEDOUT ? -EAGAIN : error;
    struct unix_socket *socket = LIST_FIRST(&listener->pending, struct unix_socket, pending_link);
    error = open_file(socket, 0);
    if (error)
        return error;
    list_remove(&socket->pending_link);
    listener->pending_count--;
    wait_wake(&file->waiters, EPOLLOUT); /* who waits in connect */
    *accepted = socket->file;
    return unix_get_name(socket->file, peer, true);
}

static int unix_shutdown(struct file *file, int how) {
    struct unix_socket *socket = unix_of(file);

    if (how < 0 || how > 2)
        return -EINVAL;
    if (socket->state != UNIX_CONNECTED)
        return -ENOTCONN;
    socket->read_shut |= how != 1;
    socket->write_shut |= how != 0;
    wait_wake(&file->waiters, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    unix_wake(socket->peer, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    return 0;
}

static ssize_t unix_read(struct file *file, struct io *io, uint64_t *offset) {
    (void)offset;
    return unix_receive(file, io, 0, NULL, NULL, NULL);
}

static ssize_t unix_write(struct file *file, struct io *io, uint64_t *offset) {
    (void)offset;
    return unix_send(file, io, 0, NULL, NULL);
}

static bool can_send(const struct unix_socket *socket) {
    const struct unix_socket *peer = socket->peer;

    if (peer == NULL)
        return true; /* an error at once is not a wait */
    if (socket->type == SOCK_STREAM)
        return stream_room(&peer->incoming) > 0;
    return peer->messages_size < MESSAGES_MAX;
}

static uint32_t unix_poll(struct file *file) {
    const struct unix_socket *socket = unix_of(file);
    uint32_t events = 0;

    if (socket->state == UNIX_LISTENING)
        return list_empty(&socket->pending) ? 0 : EPOLLIN;
    bool connection = socket->type != SOCK_DGRAM;
    bool alone = connection && socket->peer == NULL;
    bool ended = socket->read_shut || (connection && socket->state == UNIX_CONNECTED &&
                                       (alone || socket->peer->write_shut));
    if (ended || unix_available(socket) || !list_empty(&socket->messages))
        events |= EPOLLIN;
    if (ended)
        events |= EPOLLRDHUP;
    if (alone || (socket->read_shut && socket->write_shut))
        events |= EPOLLHUP;
    return events | (can_send(socket) ? EPOLLOUT : 0);
}

static int unix_ioctl(struct file *file, unsigned command, uaddr_t arg) {
    int count = (int)unix_available(unix_of(file));

    return command == FIONREAD ? put_user(count, arg) : socket_interface_ioctl(command, arg);
}

static void unix_release(struct file *file) {
    struct unix_socket *socket = unix_of(file);

    socket->file = NULL;
    socket_free(socket);
}

const struct file_ops unix_file_ops = {
    .read = unix_read,
    .write = unix_write,
    .poll = unix_poll,
    .ioctl = unix_ioctl,
    .release = unix_release,
};

const struct socket_ops unix_socket_ops = {
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

static const struct socket_family unix_family = {AF_UNIX, unix_create, unix_pair};

static void unix_init(void) {
    socket_register(&unix_family);
}
START(START_FILES, unix_init);
