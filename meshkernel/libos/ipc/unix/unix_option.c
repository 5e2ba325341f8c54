/* Options of local sockets (unix(7), socket(7)). */
#include "core/clock.h"
#include "core/string.h"
#include "ipc/unix/unix_internal.h"
#include "linux/abi.h"
#include "linux/errno.h"
#include "linux/process.h"

enum {
    SO_DEBUG = 1,
    SO_REUSEADDR = 2,
    SO_TYPE = 3,
    SO_ERROR = 4,
    SO_DONTROUTE = 5,
    SO_BROADCAST = 6,
    SO_SNDBUF = 7,
    SO_RCVBUF = 8,
    SO_KEEPALIVE = 9,
    SO_OOBINLINE = 10,
    SO_PRIORITY = 12,
    SO_LINGER = 13,
    SO_REUSEPORT = 15,
    SO_PASSCRED = 16,
    SO_PEERCRED = 17,
    SO_RCVTIMEO = 20,
    SO_SNDTIMEO = 21,
    SO_ACCEPTCONN = 30,
    SO_PROTOCOL = 38,
    SO_DOMAIN = 39,
};

/* Those that mean nothing here, and that Linux remembers all the same: bits of `flags`. */
#define REMEMBERED                                                                                 \
    (1u << SO_DEBUG | 1u << SO_REUSEADDR | 1u << SO_DONTROUTE | 1u << SO_BROADCAST |               \
     1u << SO_KEEPALIVE | 1u << SO_OOBINLINE | 1u << SO_PRIORITY | 1u << SO_REUSEPORT)

static bool is_remembered(int name) {
    return name > 0 && name < 32 && (REMEMBERED >> name & 1);
}

nanos_t unix_deadline(nanos_t timeout) {
    return timeout == 0 ? NANOS_NEVER : clock_monotonic() + timeout;
}

static int read_timeout(const void *value, uint32_t size, nanos_t *timeout) {
    struct linux_timeval time;

    if (size < sizeof(time))
        return -EINVAL;
    memcpy(&time, value, sizeof(time));
    if (time.microseconds < 0 || time.microseconds >= 1000000)
        return -EDOM;
    const int64_t longest = 1000000000; /* seconds: as good as never */
    *timeout = time.seconds < 0 ? 1
                                : (nanos_t)MIN(time.seconds, longest) * NANOS_PER_SECOND +
                                      (nanos_t)time.microseconds * NANOS_PER_US;
    return 0;
}

int unix_set_option(struct file *file, int level, int name, const void *value, uint32_t size) {
    struct unix_socket *socket = unix_of(file);
    int32_t number;

    if (level != SOL_SOCKET)
        return -EOPNOTSUPP;
    if (name == SO_RCVTIMEO)
        return read_timeout(value, size, &socket->receive_timeout);
    if (name == SO_SNDTIMEO)
        return read_timeout(value, size, &socket->send_timeout);
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

static int write_value(void *value, uint32_t *size, const void *from, uint32_t length) {
    *size = MIN(*size, length);
    memcpy(value, from, *size);
    return 0;
}

static int write_timeout(void *value, uint32_t *size, nanos_t timeout) {
    const struct linux_timeval time = {(int64_t)(timeout / NANOS_PER_SECOND),
                                       (int64_t)(timeout % NANOS_PER_SECOND / NANOS_PER_US)};

    return write_value(value, size, &time, sizeof(time));
}

/* There is one process, so any peer is it; without one, Linux says process 0 and nobody. */
static int write_peer(void *value, uint32_t *size, const struct unix_socket *socket) {
    bool known = socket->state != UNIX_NEW;
    const struct credentials peer = {.process = known ? process_id : 0,
                                     .user = known ? 0 : UINT32_MAX,
                                     .group = known ? 0 : UINT32_MAX};

    return write_value(value, size, &peer, sizeof(peer));
}

static int number_of(const struct unix_socket *socket, int name, int32_t *number) {
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
    int32_t number;

    if (level != SOL_SOCKET)
        return -EOPNOTSUPP;
    if (name == SO_PEERCRED)
        return write_peer(value, size, socket);
    if (name == SO_RCVTIMEO)
        return write_timeout(value, size, socket->receive_timeout);
    if (name == SO_SNDTIMEO)
        return write_timeout(value, size, socket->send_timeout);
    int error = number_of(socket, name, &number);
    return error ? error : write_value(value, size, &number, sizeof(number));
}
