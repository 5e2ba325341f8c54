/* Socket options that do not depend on the protocol. */
#include "core/string.h"
#include "linux/abi.h"
#include "net/inet_socket.h"
#include "net/socket_types.h"

enum { /* of SOL_SOCKET */
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
       SO_RCVLOWAT = 18,
       SO_SNDLOWAT = 19,
       SO_RCVTIMEO = 20,
       SO_SNDTIMEO = 21,
       SO_ACCEPTCONN = 30,
       SO_PROTOCOL = 38,
       SO_DOMAIN = 39,
};

enum { /* of SOL_IP */
       IP_MTU_DISCOVER = 10,
       IP_RECVERR = 11,
       IP_BIND_ADDRESS_NO_PORT = 24,
};

struct linger {
    int32_t on, seconds;
};

int option_read_int(const void *value, uint32_t size, int *number) {
    if (size < sizeof(*number)) {
        uint8_t byte; /* the options of SOL_IP take a single byte too */
        if (size == 0)
            return -EINVAL;
        memcpy(&byte, value, 1);
        *number = byte;
        return 0;
    }
    memcpy(number, value, sizeof(*number));
    return 0;
}

static int write_value(void *value, uint32_t *size, const void *from, uint32_t length) {
    *size = MIN(*size, length);
    memcpy(value, from, *size);
    return 0;
}

int option_write_int(void *value, uint32_t *size, int number) {
    return write_value(value, size, &number, sizeof(number));
}

static int read_timeout(const void *value, uint32_t size, nanos_t *timeout) {
    struct linux_timeval time;
    if (size < sizeof(time))
        return -EINVAL;
    memcpy(&time, value, sizeof(time));
    if (time.microseconds < 0 || time.microseconds >= 1000000)
        return -EDOM;
    const int64_t longest = INT64_MAX / (int64_t)NANOS_PER_SECOND - 1;
    if (time.seconds > longest)
        time.seconds = longest;
    *timeout = time.seconds < 0 ? 1
                                : (nanos_t)time.seconds * NANOS_PER_SECOND +
                                      (nanos_t)time.microseconds * NANOS_PER_US;
    return 0;
}

static int write_timeout(void *value, uint32_t *size, nanos_t timeout) {
    struct linux_timeval time = {(int64_t)(timeout / NANOS_PER_SECOND),
                                 (int64_t)(timeout % NANOS_PER_SECOND / NANOS_PER_US)};
    return write_value(value, size, &time, sizeof(time));
}

static int set_linger(struct inet_socket *socket, const void *value, uint32_t size) {
    struct linger linger;
    if (size < sizeof(linger))
        return -EINVAL;
    memcpy(&linger, value, sizeof(linger));
    socket->linger = linger.on ? MAX(linger.seconds, 0) : -1;
    return 0;
}

/* Linux doubles what it is given, and getsockopt tells the doubled value. */
static uint32_t buffer_size(int number) {
    return number < 0 ? BUFFER_MAX : MAX(MIN((uint32_t)number, BUFFER_MAX) * 2, 2304u);
}

static int set_socket_option(struct inet_socket *socket, int name, const void *value,
                             uint32_t size) {
    int number;
    if (name == SO_LINGER)
        return set_linger(socket, value, size);
    if (name == SO_RCVTIMEO)
        return read_timeout(value, size, &socket->receive_timeout);
    if (name == SO_SNDTIMEO)
        return read_timeout(value, size, &socket->send_timeout);
    if (size < sizeof(number) || option_read_int(value, size, &number) != 0)
        return -EINVAL;
    switch (name) {
    case SO_RCVBUF:
        socket->receive_buffer = buffer_size(number);
        return 0;
    case SO_SNDBUF:
        socket->send_buffer = buffer_size(number);
        return 0;
    case SO_REUSEPORT:
        socket->reuse_port = number != 0;
        return 0;
    case SO_REUSEADDR: /* of protocols without ports */
    case SO_BROADCAST:
    case SO_KEEPALIVE:
    case SO_DEBUG:
    case SO_DONTROUTE:
    case SO_OOBINLINE:
    case SO_PRIORITY:
    case SO_RCVLOWAT:
        return 0;
    default:
        return -ENOPROTOOPT;
    }
}

int inet_set_option(struct inet_socket *socket, int level, int name, const void *value,
                    uint32_t size) {
    if (level == SOL_SOCKET)
        return set_socket_option(socket, name, value, size);
    if (level == SOL_IP &&
        (name == IP_MTU_DISCOVER || name == IP_RECVERR || name == IP_BIND_ADDRESS_NO_PORT))
        return 0;
    return -ENOPROTOOPT;
}

int inet_get_option(struct inet_socket *socket, int level, int name, void *value, uint32_t *size) {
    if (level != SOL_SOCKET)
        return -ENOPROTOOPT;
    const struct linger linger = {socket->linger >= 0, MAX(socket->linger, 0)};
    switch (name) {
    case SO_TYPE:
        return option_write_int(value, size, socket->type);
    case SO_PROTOCOL:
        return option_write_int(value, size, socket->protocol);
    case SO_DOMAIN:
        return option_write_int(value, size, socket->domain);
    case SO_ERROR:
        return option_write_int(value, size, -inet_take_error(socket));
    case SO_LINGER:
        return write_value(value, size, &linger, sizeof(linger));
    case SO_RCVTIMEO:
        return write_timeout(value, size, socket->receive_timeout);
    case SO_SNDTIMEO:
        return write_timeout(value, size, socket->send_timeout);
    case SO_RCVBUF:
        return option_write_int(value, size, (int)socket->receive_buffer);
    case SO_SNDBUF:
        return option_write_int(value, size, (int)socket->send_buffer);
    case SO_REUSEPORT:
        return option_write_int(value, size, socket->reuse_port);
    case SO_RCVLOWAT:
    case SO_SNDLOWAT:
        return option_write_int(value, size, 1);
    case SO_ACCEPTCONN:
    case SO_REUSEADDR:
    case SO_BROADCAST:
    case SO_KEEPALIVE:
    case SO_DEBUG:
    case SO_DONTROUTE:
    case SO_OOBINLINE:
    case SO_PRIORITY:
        return option_write_int(value, size, 0);
    default:
        return -ENOPROTOOPT;
    }
}
