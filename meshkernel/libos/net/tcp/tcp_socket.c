#include "net/tcp/tcp_socket.h"

#include "core/alloc.h"
#include "core/clock.h"
#include "core/string.h"
#include "linux/process.h"
#include "lwip/priv/tcp_priv.h"
#include "net/net.h"
#include "net/socket_types.h"
#include "net/tcp/tcp_urgent.h"

#define SIOCATMARK 0x8905

struct tcp_socket *tcp_socket_new(const struct inet_family *family) {
    struct tcp_socket *socket = knew(struct tcp_socket);
    if (socket == NULL)
        return NULL;
    inet_socket_setup(&socket->inet, family, family->domain, SOCK_STREAM, IPPROTO_TCP);
    list_init(&socket->ready);
    list_init(&socket->ready_link);
    socket->keep_idle = TCP_KEEPIDLE_DEFAULT / 1000;
    socket->keep_interval = TCP_KEEPINTVL_DEFAULT / 1000;
    socket->keep_count = TCP_KEEPCNT_DEFAULT;
    return socket;
}

void tcp_socket_apply_options(struct tcp_socket *socket) {
    struct tcp_pcb *pcb = socket->pcb;
    if (pcb == NULL)
        return;
    bool six = IP_IS_V6_VAL(pcb->local_ip);
    pcb->so_options =
        (uint8_t)(tcp_sharing_flags(&socket->inet) | (socket->keepalive ? SOF_KEEPALIVE : 0));
    pcb->ttl = six ? socket->inet.hop_limit : socket->inet.ttl;
    pcb->tos = six ? socket->inet.traffic_class : socket->inet.tos;
    tcp_bind_netif(pcb, netif_get_by_index(socket->inet.interface));
    if (pcb->state == LISTEN) /* a listening pcb is the shorter struct */
        return;
    pcb->keep_idle = socket->keep_idle * 1000;
    pcb->keep_intvl = socket->keep_interval * 1000;
    pcb->keep_cnt = socket->keep_count;
    tcp_patience_apply(socket);
    if (socket->nodelay)
        tcp_nagle_disable(pcb);
    else
        tcp_nagle_enable(pcb);
}

int tcp_socket_need_pcb(struct tcp_socket *socket) {
    if (socket->pcb != NULL)
        return 0;
    uint8_t type = socket->inet.six_only ? IPADDR_TYPE_V6 : socket->inet.family->pcb_type;
    socket->pcb = tcp_new_ip_type(type);
    if (socket->pcb == NULL)
        return -ENOBUFS;
    tcp_socket_apply_options(socket);
    return 0;
}

void tcp_socket_opened(struct tcp_socket *socket) {
    socket->state = TCP_SOCKET_OPEN;
    urgent_start(&socket->urgent, socket->pcb->rcv_nxt);
    socket->local = socket->pcb->local_ip;
    socket->remote = socket->pcb->remote_ip;
    socket->local_port = socket->pcb->local_port;
    socket->remote_port = socket->pcb->remote_port;
}

/* As in Linux, a reset behind the end of the stream matters to who writes alone. */
static int reset_error(const struct tcp_socket *socket) {
    if (socket->state == TCP_SOCKET_CONNECTING)
        return ECONNREFUSED;
    return socket->peer_finished ? EPIPE : ECONNRESET;
}

/* lwIP has freed the pcb. */
static void broken(void *argument, err_t error) {
    struct tcp_socket *socket = argument;
    if (socket == NULL)
        return;
    bool connecting = socket->state == TCP_SOCKET_CONNECTING;
    socket->pcb = NULL;
    if (error == ERR_RST)
        socket->inet.error = reset_error(socket);
    else if (error != ERR_CLSD)
        socket->inet.error = socket->reported != 0 ? socket->reported : ETIMEDOUT;
    socket->state = connecting ? TCP_SOCKET_IDLE : TCP_SOCKET_OVER;
    socket->peer_ended = !connecting;
    inet_wake(&socket->inet, EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDHUP);
}

void tcp_socket_timed_out(struct tcp_socket *socket) {
    tcp_socket_detach(socket);
    broken(socket, ERR_TIMEOUT);
}

void tcp_socket_attach(struct tcp_socket *socket, struct tcp_pcb *pcb) {
    socket->pcb = pcb;
    tcp_arg(pcb, socket);
    tcp_recv(pcb, tcp_socket_received);
    tcp_sent(pcb, tcp_socket_sent);
    tcp_err(pcb, broken);
}

void tcp_socket_detach(struct tcp_socket *socket) {
    struct tcp_pcb *pcb = socket->pcb;
    if (pcb == NULL)
        return;
    tcp_arg(pcb, NULL);
    if (pcb->state != LISTEN) {
        tcp_recv(pcb, NULL);
        tcp_sent(pcb, NULL);
        tcp_err(pcb, NULL);
    }
    socket->pcb = NULL;
}

uint32_t tcp_socket_poll(struct file *file) {
    struct tcp_socket *socket = tcp_socket_of(file);
    uint32_t room, events = socket->inet.error != 0 ? EPOLLERR : 0;
    switch (socket->state) {
    case TCP_SOCKET_LISTENING:
        return socket->ready_count > 0 ? EPOLLIN : 0;
    case TCP_SOCKET_CONNECTING:
        return events;
    case TCP_SOCKET_IDLE:
        return events | EPOLLOUT | EPOLLHUP | (events ? EPOLLIN | EPOLLRDHUP : 0);
    default:
        break;
    }
    bool no_input = socket->peer_ended || socket->receive_shut;
    if (no_input)
        events |= EPOLLIN | EPOLLRDHUP;
    if (tcp_readable(socket) > 0)
        events |= EPOLLIN;
    if (socket->urgent.state == URGENT_THERE)
        events |= EPOLLPRI;
    if (socket->send_shut || socket->state == TCP_SOCKET_OVER || tcp_send_room(socket, &room))
        events |= EPOLLOUT;
    else
        socket->starved = true;
    if (socket->state == TCP_SOCKET_OVER || (no_input && socket->send_shut))
        events |= EPOLLHUP;
    return events;
}

/* SO_LINGER with a time: until everything is acknowledged. */
static void linger(struct tcp_socket *socket) {
    nanos_t deadline = clock_monotonic() + (nanos_t)socket->inet.linger * NANOS_PER_SECOND;
    while (socket->pcb != NULL && (socket->pcb->unsent != NULL || socket->pcb->unacked != NULL))
        if (wait_sleep(&socket->inet.file->waiters, deadline) != 0)
            return;
}

/* Who closes with bytes unread resets the connection (RFC 1122, 4.2.2.13; RFC 2525, 2.17), in any
 * state of it. */
static void end_connection(struct tcp_socket *socket) {
    if (socket->inet.linger > 0 && socket->inet.file != NULL)
        linger(socket);
    struct tcp_pcb *pcb = socket->pcb;
    if (pcb == NULL)
        return;
    bool reset = socket->inet.linger == 0 || socket->received > 0;
    reset = reset && socket->state == TCP_SOCKET_OPEN;
    tcp_socket_detach(socket);
    if (reset || tcp_close(pcb) != ERR_OK)
        tcp_abort(pcb);
}

static void drop_ready(struct tcp_socket *listener) {
    while (!list_empty(&listener->ready)) {
        struct tcp_socket *socket = LIST_FIRST(&listener->ready, struct tcp_socket, ready_link);
        list_remove(&socket->ready_link);
        socket->inet.linger = 0; /* nobody will read: reset */
        tcp_socket_destroy(socket);
    }
}

void tcp_socket_destroy(struct tcp_socket *socket) {
    drop_ready(socket);
    end_connection(socket);
    tcp_drop_received(socket);
    inet_socket_gone(&socket->inet);
    kfree(socket);
    net_settle();
}

static void release(struct file *file) {
    tcp_socket_destroy(tcp_socket_of(file));
}

const struct tcp_listening *tcp_listening;

static int listen_on(struct file *file, int backlog) {
    return tcp_listening == NULL ? -EOPNOTSUPP : tcp_listening->listen(file, backlog);
}

static int accept_from(struct file *file, struct file **accepted, struct socket_address *peer) {
    return tcp_listening == NULL ? -EOPNOTSUPP : tcp_listening->accept(file, accepted, peer);
}

const struct tcp_connecting *tcp_connecting;

static int connect_to(struct file *file, const struct socket_address *address) {
    static bool told;
    if (tcp_connecting != NULL)
        return tcp_connecting->connect(file, address);
    report_left_out("connecting over TCP", "net/tcp/connect", &told);
    return -EOPNOTSUPP;
}

static int tcp_ioctl(struct file *file, unsigned command, uaddr_t argument) {
    struct tcp_socket *socket = tcp_socket_of(file);
    if (command == SIOCATMARK) {
        int32_t at_mark = tcp_at_mark(socket);
        return put_user(at_mark, argument);
    }
    return inet_ioctl(command, argument, tcp_readable_to_mark(socket));
}

int tcp_socket_file(struct tcp_socket *socket, int flags, struct file **file) {
    static const struct file_ops ops = {
        .read = tcp_read,
        .write = tcp_write_file,
        .poll = tcp_socket_poll,
        .ioctl = tcp_ioctl,
        .release = release,
    };
    static const struct socket_ops socket_ops = {
        .bind = tcp_bind_socket,
        .listen = listen_on,
        .accept = accept_from,
        .connect = connect_to,
        .shutdown = tcp_shutdown_socket,
        .get_name = tcp_socket_name,
        .send = tcp_send,
        .receive = tcp_receive,
        .set_option = tcp_set_option,
        .get_option = tcp_get_option,
    };
    *file = file_new(&ops, socket, flags | O_RDWR);
    if (*file == NULL)
        return -ENOMEM;
    (*file)->socket = &socket_ops;
    socket->inet.file = *file;
    return 0;
}

static int create(const struct inet_family *family, int protocol, int flags, struct file **file) {
    if (protocol != 0 && protocol != IPPROTO_TCP)
        return -EPROTONOSUPPORT;
    struct tcp_socket *socket = tcp_socket_new(family);
    if (socket == NULL)
        return -ENOMEM;
    int result = tcp_socket_file(socket, flags, file);
    if (result != 0)
        tcp_socket_destroy(socket);
    return result;
}

static const struct inet_protocol tcp_protocol = {
    .type = SOCK_STREAM, .create = create, .unreachable = tcp_socket_unreachable};
INET_PROTOCOL(tcp_protocol);
