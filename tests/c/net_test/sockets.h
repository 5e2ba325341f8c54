/* Sockets as system calls use them. */
#pragma once

#include "check.h"
#include "linux/errno.h"
#include "net/inet_socket.h"
#include "net/socket_types.h"

/* By number; those that the libraries of this test have registered. */
extern const struct socket_family *families[64];

static inline struct file *make(int family, int type, int protocol, int flags) {
    struct file *file;
    CHECK_EQUAL(families[family]->create(type, protocol, flags, &file), 0);
    return file;
}

static inline struct file *tcp(void) {
    return make(AF_INET, SOCK_STREAM, 0, O_NONBLOCK);
}

static inline struct socket_address at(const char *ip, uint16_t port) {
    unsigned a, b, c, d;
    CHECK(sscanf(ip, "%u.%u.%u.%u", &a, &b, &c, &d) == 4);
    ip_addr_t address;
    struct socket_address result = {0};
    ip_addr_set_ip4_u32_val(address, a | b << 8 | c << 16 | d << 24);
    inet_write_address(&result, &address, port);
    return result;
}

static inline uint16_t port_of(struct file *file) {
    struct socket_address name;
    ip_addr_t address;
    uint16_t port;
    CHECK_EQUAL(file->socket->get_name(file, &name, false), 0);
    CHECK_EQUAL(inet_parse_address(&name, &address, &port), 0);
    return port;
}

static inline ssize_t put(struct file *file, const void *bytes, size_t size) {
    const struct socket_address none = {0};
    const struct iovec vector = {(uaddr_t)bytes, size};
    struct io io;
    io_init(&io, &vector, 1);
    return file->socket->send(file, &io, MSG_NOSIGNAL, &none, NULL);
}

static inline ssize_t put_to(struct file *file, const void *bytes, size_t size,
                             struct socket_address to) {
    const struct iovec vector = {(uaddr_t)bytes, size};
    struct io io;
    io_init(&io, &vector, 1);
    return file->socket->send(file, &io, 0, &to, NULL);
}

static inline ssize_t get_with(struct file *file, void *bytes, size_t size, int flags,
                               struct socket_address *from, int *flags_out) {
    const struct iovec vector = {(uaddr_t)bytes, size};
    struct io io;
    io_init(&io, &vector, 1);
    return file->socket->receive(file, &io, flags, from, flags_out, NULL);
}

static inline ssize_t get(struct file *file, void *bytes, size_t size) {
    struct socket_address from;
    int flags;
    return get_with(file, bytes, size, 0, &from, &flags);
}

static inline int option(struct file *file, int level, int name) {
    int value = -1;
    uint32_t size = sizeof(value);
    CHECK_EQUAL(file->socket->get_option(file, level, name, &value, &size), 0);
    return value;
}

static inline void set(struct file *file, int level, int name, int value) {
    CHECK_EQUAL(file->socket->set_option(file, level, name, &value, sizeof(value)), 0);
}

static inline uint32_t poll_of(struct file *file) {
    return file->ops->poll(file);
}

#define SO_REUSEADDR 2
#define SO_ERROR 4
#define SO_LINGER 13

static inline struct file *listener(uint16_t port, int backlog) {
    struct file *file = tcp();
    const struct socket_address address = at("127.0.0.1", port);
    set(file, SOL_SOCKET, SO_REUSEADDR, 1);
    CHECK_EQUAL(file->socket->bind(file, &address), 0);
    CHECK_EQUAL(file->socket->listen(file, backlog), 0);
    return file;
}

static inline int connect_to(struct file *file, const char *ip, uint16_t port) {
    const struct socket_address address = at(ip, port);
    int result = file->socket->connect(file, &address);
    return result == -EINPROGRESS ? 0 : result;
}

static inline void pair(struct file *ends[2]) {
    struct file *server = listener(0, 5);
    struct socket_address peer;
    ends[0] = tcp();
    CHECK_EQUAL(connect_to(ends[0], "127.0.0.1", port_of(server)), 0);
    CHECK(poll_of(server) == EPOLLIN);
    CHECK_EQUAL(server->socket->accept(server, &ends[1], &peer), 0);
    ends[1]->flags |= O_NONBLOCK;
    file_put(server);
}
