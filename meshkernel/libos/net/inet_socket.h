/* What all sockets of AF_INET, AF_INET6 and AF_PACKET have in common. */
#pragma once

#include "core/set.h"
#include "core/types.h"
#include "fs/file.h"
#include "linux/errno.h"
#include "lwip/err.h"
#include "lwip/ip_addr.h"
#include "net/inet_family.h"
#include "net/option.h"
#include "net/socket.h"

struct inet_socket {
    struct list link;                 /* on the list of all */
    struct file *file;                /* NULL while nobody has accepted it */
    const struct inet_family *family; /* NULL: AF_PACKET */
    int type, protocol, domain;
    int error;                             /* SO_ERROR: given once */
    nanos_t receive_timeout, send_timeout; /* 0: none */
    uint32_t receive_buffer, send_buffer;  /* as getsockopt tells; see options.c */
    bool reuse_address, reuse_port, broadcast;
    bool six_only;                    /* IPV6_V6ONLY */
    uint8_t interface;                /* SO_BINDTODEVICE: its index, 0: any */
    uint8_t ttl, tos;                 /* of IPv4 packets */
    uint8_t hop_limit, traffic_class; /* of IPv6 packets */
    uint16_t wanted;                  /* beside each datagram: WANT_* of net/datagram/ancillary.h */
    uint32_t flags;                   /* options that mean nothing here: bits by number */
    int linger;                       /* seconds, -1: off */
};

/* The two ends of something that we sent, as an ICMP message quotes them; all in host byte order.
 */
struct inet_quote {
    ip_addr_t local, remote;
    uint16_t local_port, remote_port;
    uint32_t sequence; /* of TCP */
};

void inet_sockets_init(void);
void inet_sockets_transmit_ready(void);

/* `family` is NULL for AF_PACKET. */
void inet_socket_setup(struct inet_socket *socket, const struct inet_family *family, int domain,
                       int type, int protocol);
void inet_socket_gone(struct inet_socket *socket); /* before it is freed */

/* Wakes who waits on the file, if there is one. */
void inet_wake(struct inet_socket *socket, uint32_t events);

/* Takes the pending error: 0 or -errno. */
int inet_take_error(struct inet_socket *socket);

int inet_error(err_t error); /* of lwIP to -errno */

bool inet_nonblocking(const struct file *file, int flags);

/* One wait for the file's queue on behalf of a receive or a send: 0, -EINTR, or -EAGAIN after the
 * socket's timeout, as Linux has it. */
int inet_wait(struct inet_socket *socket, nanos_t deadline);

/* ioctl for a socket with so many bytes to read. */
int inet_ioctl(unsigned command, uaddr_t argument, uint32_t readable);
int inet_set_option(struct inet_socket *socket, int level, int name, const void *value,
                    uint32_t size);
int inet_get_option(struct inet_socket *socket, int level, int name, void *value, uint32_t *size);

#define SOL_IP 0
#define SOL_TCP 6
#define SOL_IPV6 41
#define SOL_UDPLITE 136

/* A protocol of the sockets of AF_INET and AF_INET6: TCP, UDP, raw. Each is there if its library
 * is. */
struct inet_protocol {
    int type; /* SOCK_STREAM and so on */
    /* As socket() asks for it: 0 or -errno, -EPROTONOSUPPORT for another protocol of the type. */
    int (*create)(const struct inet_family *family, int protocol, int flags, struct file **file);
    /* An ICMP error about something that we sent by this protocol or another; NULL: of no interest.
     */
    void (*unreachable)(const struct inet_quote *flow, uint8_t protocol, int error);
};

#define INET_PROTOCOL(protocol) SET_ADD(inet_protocols, protocol)
