/* Local sockets: pairs that are connected with each other, and what all of them have in common. */
#include "core/alloc.h"
#include "core/start.h"
#include "core/string.h"
#include "ipc/unix/unix_internal.h"
#include "linux/errno.h"
#include "linux/process.h"

#define FIONREAD 0x541B

const struct unix_named *unix_named;

static const struct file_ops unix_file_ops;
static const struct socket_ops pair_ops;

struct unix_socket *unix_new(int type) {
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

int unix_open_file(struct unix_socket *socket, int flags) {
    socket->file = file_new(&unix_file_ops, socket, O_RDWR | flags);
    if (socket->file == NULL)
        return -ENOMEM;
    socket->file->socket = unix_named ? unix_named->sockets : &pair_ops;
    return 0;
}

/* Lets go of the other end, which sees the end of the file. */
static void disconnect(struct unix_socket *socket) {
    struct unix_socket *peer = socket->peer;

    if (peer && peer->peer == socket) {
        peer->peer = NULL;
        unix_wake(peer, EPOLLIN | EPOLLOUT | EPOLLHUP | EPOLLRDHUP);
    }
    socket->peer = NULL;
}

void unix_free(struct unix_socket *socket) {
    disconnect(socket);
    if (unix_named)
        unix_named->forget(socket);
    stream_destroy(&socket->incoming);
    kfree(socket);
}

int unix_join(struct unix_socket *a, struct unix_socket *b) {
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
    return type == SOCK_STREAM || (unix_named && (type == SOCK_DGRAM || type == SOCK_SEQPACKET));
}

static int make(int type, int protocol, int flags, struct file **file) {
    if (!known_type(type))
        return -ESOCKTNOSUPPORT;
    if (protocol != 0 && protocol != AF_UNIX)
        return -EPROTONOSUPPORT;
    struct unix_socket *socket = unix_new(type);
    if (socket == NULL || unix_open_file(socket, flags)) {
        kfree(socket);
        return -ENOMEM;
    }
    *file = socket->file;
    return 0;
}

/* Without a name it would reach nobody. */
static int unix_create(int type, int protocol, int flags, struct file **file) {
    static bool told;

    if (unix_named)
        return make(type, protocol, flags, file);
    report_left_out("a local socket with a name", "ipc/unix/named", &told);
    return -EAFNOSUPPORT;
}

static int unix_pair(int type, int protocol, int flags, struct file *files[2]) {
    int error = make(type, protocol, flags, &files[0]);

    if (error)
        return error;
    error = make(type, protocol, flags, &files[1]);
    if (error) {
        file_put(files[0]);
        return error;
    }
    error = unix_join(unix_of(files[0]), unix_of(files[1]));
    if (error) {
        file_put(files[0]);
        file_put(files[1]);
    }
    return error;
}

int unix_shutdown(struct file *file, int how) {
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
    return file->socket->receive(file, io, 0, NULL, NULL, NULL);
}

static ssize_t unix_write(struct file *file, struct io *io, uint64_t *offset) {
    (void)offset;
    return file->socket->send(file, io, 0, NULL, NULL);
}

int unix_get_name(struct file *file, struct socket_address *address, bool peer) {
    const struct unix_socket *socket = unix_of(file);

    if (peer && socket->state != UNIX_CONNECTED)
        return -ENOTCONN;
    *address = peer ? socket->peer_name.address : socket->name.address;
    if (address->size == 0) {
        address->size = FAMILY_SIZE;
        address->family = AF_UNIX;
    }
    return 0;
}

static bool can_send(const struct unix_socket *socket) {
    const struct unix_socket *peer = socket->peer;

    if (peer == NULL)
        return true; /* an error at once is not a wait */
    if (socket->type == SOCK_STREAM)
        return stream_room(&peer->incoming) > 0;
    return peer->messages_size < MESSAGES_MAX;
}

static size_t available(const struct unix_socket *socket) {
    if (socket->type == SOCK_STREAM)
        return socket->incoming.pages ? stream_used(&socket->incoming) : 0;
    return unix_named->message_size(socket);
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
    if (ended || available(socket) || !list_empty(&socket->messages))
        events |= EPOLLIN;
    if (ended)
        events |= EPOLLRDHUP;
    if (alone || (socket->read_shut && socket->write_shut))
        events |= EPOLLHUP;
    return events | (can_send(socket) ? EPOLLOUT : 0);
}

static int unix_ioctl(struct file *file, unsigned command, uaddr_t arg) {
    int count = (int)available(unix_of(file));

    return command == FIONREAD ? put_user(count, arg) : socket_interface_ioctl(command, arg);
}

static void unix_release(struct file *file) {
    struct unix_socket *socket = unix_of(file);

    socket->file = NULL;
    unix_free(socket);
}

static const struct file_ops unix_file_ops = {
    .read = unix_read,
    .write = unix_write,
    .poll = unix_poll,
    .ioctl = unix_ioctl,
    .release = unix_release,
};

static ssize_t pair_send(struct file *file, struct io *io, int flags,
                         const struct socket_address *address, struct control_in *control) {
    struct unix_control *nothing = NULL;

    if (flags & MSG_OOB || control)
        return -EOPNOTSUPP;
    return address && address->size ? -EISCONN : unix_send_stream(file, io, flags, &nothing);
}

static ssize_t pair_receive(struct file *file, struct io *io, int flags,
                            struct socket_address *address, int *flags_out,
                            struct control_out *control) {
    (void)address, (void)flags_out;
    return flags & MSG_OOB ? -EOPNOTSUPP : unix_receive_stream(file, io, flags, control);
}

static const struct socket_ops pair_ops = {
    .shutdown = unix_shutdown,
    .get_name = unix_get_name,
    .send = pair_send,
    .receive = pair_receive,
    .set_option = unix_set_option,
    .get_option = unix_get_option,
};

static const struct socket_family unix_family = {AF_UNIX, unix_create, unix_pair};

static void unix_init(void) {
    socket_register(&unix_family);
}
START(START_FILES, unix_init);
