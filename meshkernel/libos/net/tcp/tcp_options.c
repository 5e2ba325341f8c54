/* Options of TCP sockets: those of SOL_TCP, and what others have to say to a connection. */
#include "lwip/priv/tcp_priv.h"
#include "net/net.h"
#include "net/tcp/tcp_socket.h"

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
       TCP_INFO = 11,
       TCP_QUICKACK = 12,
       TCP_USER_TIMEOUT = 18,
       TCP_FASTOPEN = 23,
};

static int within(int number, int least, int most) {
    return number < least || number > most ? -EINVAL : 0;
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
    case TCP_USER_TIMEOUT:
        if (number < 0)
            return -EINVAL;
        socket->user_timeout = (uint32_t)number;
        return 0;
    case TCP_MAXSEG:
    case TCP_CORK:
    case TCP_SYNCNT:
    case TCP_LINGER2:
    case TCP_DEFER_ACCEPT:
    case TCP_QUICKACK:
    case TCP_FASTOPEN:
        return 0;
    default:
        return -ENOPROTOOPT;
    }
}

/* To the pcb, with what Nagle had held back. */
static void take_effect(struct tcp_socket *socket) {
    tcp_socket_apply_options(socket);
    if (socket->nodelay && socket->state == TCP_SOCKET_OPEN && socket->pcb != NULL)
        tcp_output(socket->pcb);
    net_settle();
}

int tcp_set_option(struct file *file, int level, int name, const void *value, uint32_t size) {
    struct tcp_socket *socket = tcp_socket_of(file);
    int number = 0, result;
    bool readable = option_read_int(value, size, &number) == 0 && size >= sizeof(number);
    if (level == SOL_TCP)
        result = readable ? set_tcp_level(socket, name, number) : -EINVAL;
    else
        result = inet_set_option(&socket->inet, level, name, value, size);
    if (result != 0)
        return result;
    if (level == SOL_SOCKET && name == SO_KEEPALIVE)
        socket->keepalive = number != 0;
    take_effect(socket);
    return 0;
}

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
    case TCP_INFO:
        return tcp_get_info(socket, value, size);
    case TCP_USER_TIMEOUT:
        return option_write_int(value, size, (int)socket->user_timeout);
    case TCP_CORK:
    case TCP_QUICKACK:
    case TCP_DEFER_ACCEPT:
        return option_write_int(value, size, 0);
    default:
        return -ENOPROTOOPT;
    }
}

int tcp_get_option(struct file *file, int level, int name, void *value, uint32_t *size) {
    struct tcp_socket *socket = tcp_socket_of(file);
    if (level == SOL_SOCKET && name == SO_ACCEPTCONN)
        return option_write_int(value, size, socket->state == TCP_SOCKET_LISTENING);
    if (level == SOL_TCP)
        return get_tcp_level(socket, name, value, size);
    return inet_get_option(&socket->inet, level, name, value, size);
}
