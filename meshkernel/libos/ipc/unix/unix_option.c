/* Options of local sockets (unix(7), socket(7)). */
#include "core/string.h"
#include "ipc/unix/unix_internal.h"
#include "linux/errno.h"
#include "linux/process.h"
#include "net/option.h"

/* Those that mean nothing here, and that Linux remembers all the same: bits of `flags`. */
#define REMEMBERED                                                                                 \
    (1u << SO_DEBUG | 1u << SO_REUSEADDR | 1u << SO_DONTROUTE | 1u << SO_BROADCAST |               \
     1u << SO_KEEPALIVE | 1u << SO_OOBINLINE | 1u << SO_PRIORITY | 1u << SO_REUSEPORT)

static bool is_remembered(int name) {
    return name > 0 && name < 32 && (REMEMBERED >> name & 1);
}

int unix_set_option(struct file *file, int level, int name, const void *value, uint32_t size) {
    struct unix_socket *socket = unix_of(file);
    int number;

    if (level != SOL_SOCKET)
        return -EOPNOTSUPP;
    if (name == SO_RCVTIMEO)
        return option_read_timeout(value, size, &socket->receive_timeout);
    if (name == SO_SNDTIMEO)
        return option_read_timeout(value, size, &socket->send_timeout);
    if (size < sizeof(number))
        return -EINVAL;
    memcpy(&number, value, sizeof(number));
    if (name == SO_PASSCRED)
        socket->pass_credentials = number != 0;
    else if (is_remembered(name))
        socket->flags = (socket->flags & ~(1u << name)) | (number != 0 ? 1u << name : 0);
    else if (name != SO_SNDBUF && name != SO_RCVBUF && name != SO_LINGER)
        return -ENOPROTOOPT;
    return 0; /* buffers keep their sizes */
}

/* There is one process, so any peer is it; without one, Linux says process 0 and nobody. */
static int write_peer(void *value, uint32_t *size, const struct unix_socket *socket) {
    bool known = socket->state != UNIX_NEW;
    const struct credentials peer = {.process = known ? process_id : 0,
                                     .user = known ? 0 : UINT32_MAX,
                                     .group = known ? 0 : UINT32_MAX};

    return option_write(value, size, &peer, sizeof(peer));
}

static int number_of(const struct unix_socket *socket, int name, int *number) {
    switch (name) {
    case SO_TYPE:
        *number = socket->type;
        return 0;
    case SO_DOMAIN:
        *number = AF_UNIX;
        return 0;
    case SO_ACCEPTCONN:
        *number = socket->state == UNIX_LISTENING;
        return 0;
    case SO_SNDBUF:
    case SO_RCVBUF:
        *number = socket->type == SOCK_STREAM ? (int32_t)STREAM_SIZE : (int32_t)MESSAGES_MAX;
        return 0;
    case SO_PASSCRED:
        *number = socket->pass_credentials;
        return 0;
    case SO_ERROR:
    case SO_PROTOCOL:
        *number = 0;
        return 0;
    default:
        if (!is_remembered(name))
            return -ENOPROTOOPT;
        *number = socket->flags >> name & 1;
        return 0;
    }
}

int unix_get_option(struct file *file, int level, int name, void *value, uint32_t *size) {
    const struct unix_socket *socket = unix_of(file);
    int number;

    if (level != SOL_SOCKET)
        return -EOPNOTSUPP;
    if (name == SO_PEERCRED)
        return write_peer(value, size, socket);
    if (name == SO_RCVTIMEO)
        return option_write_timeout(value, size, socket->receive_timeout);
    if (name == SO_SNDTIMEO)
        return option_write_timeout(value, size, socket->send_timeout);
    int error = number_of(socket, name, &number);
    return error ? error : option_write_int(value, size, number);
}
