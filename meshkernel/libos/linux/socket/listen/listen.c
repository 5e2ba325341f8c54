/* The calls of sockets that others connect to. */
#include "core/string.h"
#include "linux/errno.h"
#include "linux/socket/socket_call.h"
#include "mm/user.h"

int64_t sys_listen(int fd, int backlog) {
    int error;
    struct file *file = socket_get(fd, &error);
    if (file == NULL)
        return error;
    error = file->socket->listen == NULL ? -EOPNOTSUPP : file->socket->listen(file, backlog);
    file_put(file);
    return error;
}

static int accept_on(struct file *file, uaddr_t address, uaddr_t size_at, int flags) {
    struct file *accepted;
    struct socket_address peer = {0};
    if (file->socket->accept == NULL)
        return -EOPNOTSUPP;
    int error = file->socket->accept(file, &accepted, &peer);
    if (error != 0)
        return error;
    accepted->flags |= flags & SOCK_NONBLOCK;
    error = socket_address_to_user(&peer, address, size_at);
    if (error != 0) {
        file_put(accepted);
        return error;
    }
    return socket_install(accepted, flags);
}

int64_t sys_accept4(int fd, uaddr_t address, uaddr_t size_at, int flags) {
    int error;
    if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
        return -EINVAL;
    struct file *file = socket_get(fd, &error);
    if (file == NULL)
        return error;
    int result = accept_on(file, address, size_at, flags);
    file_put(file);
    return result;
}

int64_t sys_accept(int fd, uaddr_t address, uaddr_t size_at) {
    return sys_accept4(fd, address, size_at, 0);
}
