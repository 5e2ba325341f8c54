/* Options of TCP sockets, of the levels SOL_SOCKET, SOL_IP and SOL_TCP. */
#include "core/string.h"
#include "lwip/priv/tcp_priv.h"
#include "net/net.h"
#include "net/tcp/tcp_socket.h"

#define SO_REUSEADDR 2
#define SO_BROADCAST 6
#define SO_KEEPALIVE 9
#define SO_ACCEPTCONN 30

#define IP_TOS 1
#define IP_TTL 2

enum { /* of SOL_TCP */
       TCP_NODELAY_OPTION = 1,
       TCP_MAXSEG = 2,
       TCP_CORK = 3,
       TCP_KEEPIDLE_OPTION = 4,
       TCP_KEEPINTVL_OPTION = 5,
       TCP_KEEPCNT_OPTION = 6,
       TCP_SYNCNT = 7,
       TCP_LINGER2 = 8,
       TCP_DEFER_ACCEPT = 9,
       TCP_QUICKACK = 12,
       TCP_USER_TIMEOUT = 18,
       TCP_FASTOPEN = 23,
};

static int within(int number, int least, int most) {
    return number < least || number > most ? -EINVAL : 0;
}

/* The result of the function that calls these: -ENOPROTOOPT where the option is not theirs. */
static int set_socket_level(struct tcp_socket *socket, int name, int number) {
    switch (name) {
    case SO_REUSEADDR:
        socket->reuse_address = number != 0;
        return 0;
    case SO_BROADCAST:
        socket->broadcast = number != 0;
        return 0;
    case SO_KEEPALIVE:
        socket->keepalive = number != 0;
        return 0;
    default:
        return -ENOPROTOOPT;
    }
}

static int set_ip_level(struct tcp_socket *socket, int name, int number) {
    int result;
    switch (name) {
    case IP_TOS:
        socket->tos = number & 0xfc; /* the other two bits are the connection's (ECN) */
        return 0;
    case IP_TTL:
        result = number == -1 ? 0 : within(number, 1, 255);
        if (result == 0)
            socket->ttl = number == -1 ? 64 : (uint8_t)number;
        return result;
    default:
        return -ENOPROTOOPT;
    }
}

static int set_number(uint32_t *to, int number, int most) {
    int result = within(number, 1, most);
    if (result == 0)
        *to = (uint32_t)number;
    return result;
}

/* Those that only tune what lwIP has not are accepted, and change nothing. */
static int set_tcp_level(struct tcp_socket *socket, int name, int number) {
    switch (name) {
    case TCP_NODELAY_OPTION:
        socket->nodelay = number != 0;
        return 0;
    case TCP_KEEPIDLE_OPTION:
        return set_number(&socket->keep_idle, number, 32767);
    case TCP_KEEPINTVL_OPTION:
        return set_number(&socket->keep_interval, number, 32767);
    case TCP_KEEPCNT_OPTION:
        return set_number(&socket->keep_count, number, 127);
    case TCP_MAXSEG:
    case TCP_CORK:
    case TCP_SYNCNT:
    case TCP_LINGER2:
    case TCP_DEFER_ACCEPT:
    case TCP_QUICKACK:
    case TCP_USER_TIMEOUT:
    case TCP_FASTOPEN:
        return 0;
    default:
        return -ENOPROTOOPT;
    }
}

int tcp_set_option(struct file *file, int level, int name, const void *value, uint32_t size) {
    struct tcp_socket *socket = tcp_socket_of(file);
    int number = 0, result = -ENOPROTOOPT;
    bool readable = option_read_int(value, size, &number) == 0;
    if (level == SOL_SOCKET)
        result = set_socket_level(socket, name, number);
    else if (level == SOL_IP)
        result = set_ip_level(socket, name, number);
    else if (level == SOL_TCP)
        result = set_tcp_level(socket, name, number);
    if (result == -ENOPROTOOPT)
        return inet_set_option(&socket->inet, level, name, value, size);
    if (!readable || (level != SOL_IP && size < sizeof(number)))
        return -EINVAL;
    tcp_socket_apply_options(socket);
    if (socket->nodelay && socket->state == TCP_SOCKET_OPEN && socket->pcb != NULL)
        tcp_output(socket->pcb); /* what Nagle had held back */
    net_settle();
    return result;
}

#define ESTABLISHED_STATE 1 /* Linux' numbers, for the first byte of struct tcp_info */
#define LISTEN_STATE 10
#define CLOSE_STATE 7
#define TCP_INFO 11

static int get_tcp_level(struct tcp_socket *socket, int name, void *value, uint32_t *size) {
    switch (name) {
    case TCP_NODELAY_OPTION:
        return option_write_int(value, size, socket->nodelay);
    case TCP_KEEPIDLE_OPTION:
        return option_write_int(value, size, (int)socket->keep_idle);
    case TCP_KEEPINTVL_OPTION:
        return option_write_int(value, size, (int)socket->keep_interval);
    case TCP_KEEPCNT_OPTION:
        return option_write_int(value, size, (int)socket->keep_count);
    case TCP_MAXSEG: {
        bool known = socket->state == TCP_SOCKET_OPEN && socket->pcb != NULL;
        return option_write_int(value, size, known ? tcp_mss(socket->pcb) : 536);
    }
    case TCP_INFO: { /* the state alone: asyncio's and other libraries' use of it */
        uint8_t state = socket->state == TCP_SOCKET_OPEN        ? ESTABLISHED_STATE
                        : socket->state == TCP_SOCKET_LISTENING ? LISTEN_STATE
                                                                : CLOSE_STATE;
        memset(value, 0, *size);
        if (*size > 0)
            memcpy(value, &state, 1);
        return 0;
    }
    case TCP_CORK:
    case TCP_QUICKACK:
    case TCP_USER_TIMEOUT:
    case TCP_DEFER_ACCEPT:
        return option_write_int(value, size, 0);
    default:
        return -ENOPROTOOPT;
    }
}

int tcp_get_option(struct file *file, int level, int name, void *value, uint32_t *size) {
    struct tcp_socket *socket = tcp_socket_of(file);
    if (level == SOL_SOCKET && name == SO_REUSEADDR)
        return option_write_int(value, size, socket->reuse_address);
    if (level == SOL_SOCKET && name == SO_BROADCAST)
        return option_write_int(value, size, socket->broadcast);
    if (level == SOL_SOCKET && name == SO_KEEPALIVE)
        return option_write_int(value, size, socket->keepalive);
    if (level == SOL_SOCKET && name == SO_ACCEPTCONN)
        return option_write_int(value, size, socket->state == TCP_SOCKET_LISTENING);
    if (level == SOL_IP && name == IP_TOS)
        return option_write_int(value, size, socket->tos);
    if (level == SOL_IP && name == IP_TTL)
        return option_write_int(value, size, socket->ttl);
    if (level == SOL_TCP)
        return get_tcp_level(socket, name, value, size);
    return inet_get_option(&socket->inet, level, name, value, size);
}
