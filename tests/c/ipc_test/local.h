/* Local sockets as the socket calls use them. */
#pragma once

#include "calls.h"
#include "check.h"
#include "fs/fs.h"
#include "ipc_test/ends.h"
#include "net/socket.h"
#include "shims.h"

static inline struct io *io_of(const void *buffer, size_t size) {
    static struct iovec vector;
    static struct io io;

    vector = (struct iovec){U(buffer), size};
    io_init(&io, &vector, 1);
    return &io;
}

static inline struct socket_address address_of(const char *path, size_t length) {
    struct socket_address address = {.size = (uint32_t)(2 + length), .family = AF_UNIX};

    memcpy(address.bytes + 2, path, length);
    return address;
}

static inline struct file *new_socket(int type) {
    struct file *file;

    CHECK_EQUAL(shim_socket_family->create(type, 0, O_NONBLOCK, &file), 0);
    return file;
}

static inline ssize_t send_text(struct file *file, const char *text) {
    return file->socket->send(file, io_of(text, strlen(text)), 0, NULL, NULL);
}

static inline ssize_t receive(struct file *file, size_t size, int flags) {
    return file->socket->receive(file, io_of(copy, size), flags, NULL, NULL, NULL);
}
