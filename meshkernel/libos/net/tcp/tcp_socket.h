/* TCP sockets: an inet_socket over a pcb of lwIP.
 *
 * lwIP owns the pcb: it frees it when the connection breaks or ends, and says so in the error
 * callback, except for TIME_WAIT. So `pcb` is NULL from the moment on at which lwIP may free it in
 * silence: when both directions are shut. */
#pragma once

#include "lwip/tcp.h"
#include "net/inet_socket.h"
#include "net/tcp/tcp_urgent.h"

enum tcp_socket_state {
    TCP_SOCKET_IDLE, /* nothing yet, bound, or a connect that failed */
    TCP_SOCKET_LISTENING,
    TCP_SOCKET_CONNECTING,
    TCP_SOCKET_OPEN,
    TCP_SOCKET_OVER, /* was open: reset, timed out, or both directions have ended */
};

struct tcp_socket {
    struct inet_socket inet;
    enum tcp_socket_state state;
    struct tcp_pcb *pcb;

    /* Received and unread: single pbufs (tot_len is len) linked by `next`. */
    struct pbuf *first, *last;
    uint32_t received;    /* bytes */
    uint16_t bucket_room; /* free bytes behind `last`, if that is a bucket of ours */
    bool peer_ended;      /* FIN, or the connection is gone */
    bool peer_finished;   /* FIN: reading ends there, whatever comes later */
    bool receive_shut, send_shut;
    bool starved; /* somebody waits for room to send */
    int reported; /* by ICMP since the peer last acknowledged something: an errno, or 0 */
    struct urgent urgent;

    /* Options, kept here since a socket may see several pcbs. */
    bool keepalive, nodelay;
    uint32_t keep_idle, keep_interval, keep_count; /* seconds */
    uint32_t user_timeout;                         /* milliseconds, 0: lwIP's own patience */
    uint32_t acknowledged_at_last, not_since;      /* of net/tcp/tcp_patience.c */

    ip_addr_t local, remote; /* once connected */
    uint16_t local_port, remote_port;

    /* Of a listening socket: connections that nobody has accepted. */
    struct list ready;
    unsigned ready_count, backlog;
    struct list ready_link;
};

static inline struct tcp_socket *tcp_socket_of(const struct file *file) {
    return file->private;
}

struct tcp_socket *tcp_socket_new(const struct inet_family *family);
int tcp_socket_file(struct tcp_socket *socket, int flags, struct file **file);
int tcp_socket_need_pcb(struct tcp_socket *socket);       /* makes one if there is none */
void tcp_socket_apply_options(struct tcp_socket *socket); /* to the pcb */
void tcp_socket_attach(struct tcp_socket *socket, struct tcp_pcb *pcb); /* a connection's */
void tcp_socket_opened(struct tcp_socket *socket);
void tcp_socket_detach(struct tcp_socket *socket); /* lwIP goes on alone with the pcb */
void tcp_socket_destroy(struct tcp_socket *socket);
void tcp_socket_timed_out(struct tcp_socket *socket); /* the pcb is given up */
uint32_t tcp_socket_poll(struct file *file);

/* net/tcp/tcp_ports.c: who may share a port. */
bool tcp_port_taken(const struct inet_socket *socket, const struct tcp_pcb *own,
                    const ip_addr_t *address, uint16_t port);
bool tcp_listener_taken(const struct inet_socket *socket, const struct tcp_pcb *pcb);
uint8_t tcp_sharing_flags(const struct inet_socket *socket); /* in so_options */

/* net/tcp/tcp_open.c */
int tcp_bind_socket(struct file *file, const struct socket_address *address);
int tcp_shutdown_socket(struct file *file, int how);
int tcp_socket_name(struct file *file, struct socket_address *address, bool peer);

/* net/tcp/listen/tcp_listen.c */
struct tcp_listening {
    int (*listen)(struct file *file, int backlog);
    int (*accept)(struct file *file, struct file **accepted, struct socket_address *peer);
    /* Whether a request for a connection to this address is to be left unanswered. */
    bool (*full)(const ip_addr_t *address, uint16_t port);
};
extern const struct tcp_listening *tcp_listening; /* NULL where nobody listens */

/* net/tcp/connect/tcp_connect.c */
struct tcp_connecting {
    int (*connect)(struct file *file, const struct socket_address *address);
    void (*failed)(struct tcp_socket *socket, int error); /* while it was opened */
};
extern const struct tcp_connecting *tcp_connecting; /* NULL where nobody connects */

/* net/tcp/tcp_transfer.c */
ssize_t tcp_send(struct file *file, struct io *io, int flags, const struct socket_address *address,
                 struct control_in *control);
ssize_t tcp_receive(struct file *file, struct io *io, int flags, struct socket_address *address,
                    int *flags_out, struct control_out *control);
ssize_t tcp_read(struct file *file, struct io *io, uint64_t *offset);
ssize_t tcp_write_file(struct file *file, struct io *io, uint64_t *offset);
err_t tcp_socket_received(void *argument, struct tcp_pcb *pcb, struct pbuf *data, err_t error);
err_t tcp_socket_sent(void *argument, struct tcp_pcb *pcb, u16_t length);
void tcp_drop_received(struct tcp_socket *socket);
void tcp_skip_byte(struct tcp_socket *socket); /* the first unread one */
void tcp_take_refused(struct tcp_socket *socket);
bool tcp_send_room(const struct tcp_socket *socket, uint32_t *bytes); /* enough for EPOLLOUT? */

/* net/tcp/tcp_options.c */
int tcp_set_option(struct file *file, int level, int name, const void *value, uint32_t size);
int tcp_get_option(struct file *file, int level, int name, void *value, uint32_t *size);
int tcp_get_info(const struct tcp_socket *socket, void *value, uint32_t *size);

/* net/tcp/tcp_patience.c: TCP_USER_TIMEOUT. */
void tcp_patience_apply(struct tcp_socket *socket);

/* net/input_hook.c: makes room for one more connection in TIME_WAIT. */
void tcp_bound_time_wait(void);

/* net/tcp/tcp_unreachable.c: an ICMP error. */
void tcp_socket_unreachable(const struct inet_quote *flow, uint8_t protocol, int error);
