/* What all sockets of AF_INET (and AF_PACKET) have in common. */
#pragma once

#include "core/types.h"
#include "fs/file.h"
#include "linux/errno.h"
#include "lwip/err.h"
#include "lwip/ip_addr.h"
#include "net/socket.h"

struct inet_socket {
    struct list link;  /* on the list of all */
    struct file *file; /* NULL while nobody has accepted it */
    int type, protocol, domain;
    int error;                             /* SO_ERROR: given once */
    nanos_t receive_timeout, send_timeout; /* 0: none */
    uint32_t receive_buffer, send_buffer;  /* as getsockopt tells; see options.c */
    bool reuse_port;
    int linger; /* seconds, -1: off */
};

struct sockaddr_in {
    uint16_t family;
    uint16_t port; /* network byte order */
    uint32_t address;
    uint8_t zero[8];
};

/* The two ends of something that we sent, as an ICMP message quotes them; ports in host byte order.
 */
struct inet_quote {
    uint32_t local, remote;
    uint16_t local_port, remote_port;
};

void inet_sockets_init(void);
void inet_sockets_transmit_ready(void);

void inet_socket_setup(struct inet_socket *socket, int domain, int type, int protocol);
void inet_socket_gone(struct inet_socket *socket); /* before it is freed */

/* Wakes who waits on the file, if there is one. */
void inet_wake(struct inet_socket *socket, uint32_t events);

/* Takes the pending error: 0 or -errno. */
int inet_take_error(struct inet_socket *socket);

int inet_error(err_t error); /* of lwIP to -errno */

/* 0 or -EINVAL or -EAFNOSUPPORT. AF_UNSPEC passes when `unspecified` says so. */
int inet_parse_address(const struct socket_address *from, ip_addr_t *address, uint16_t *port);
void inet_write_address(struct socket_address *to, const ip_addr_t *address, uint16_t port);
bool inet_address_is_local(const ip_addr_t *address); /* or any */

/* The source address for packets to `destination`; false when there is no route. */
bool inet_source_for(const ip_addr_t *destination, ip_addr_t *source);

bool inet_nonblocking(const struct file *file, int flags);
nanos_t inet_deadline(nanos_t timeout);

/* One wait for the file's queue on behalf of a receive or a send: 0, -EINTR, or -EAGAIN after the
 * socket's timeout, as Linux has it. */
int inet_wait(struct inet_socket *socket, nanos_t deadline);

int inet_ioctl(struct file *file, unsigned command, uaddr_t argument);
int inet_set_option(struct inet_socket *socket, int level, int name, const void *value,
                    uint32_t size);
int inet_get_option(struct inet_socket *socket, int level, int name, void *value, uint32_t *size);

/* For options whose value is an int (or a part of one). */
int option_read_int(const void *value, uint32_t size, int *number);
int option_write_int(void *value, uint32_t *size, int number);

#define SOL_IP 0
#define SOL_SOCKET 1
#define SOL_TCP 6

int tcp_socket_create(int flags, struct file **file);
int udp_socket_create(int flags, struct file **file);
int raw_socket_create(int protocol, int flags, struct file **file);
