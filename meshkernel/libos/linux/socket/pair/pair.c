/* Two sockets that are connected with each other. */
#include "core/string.h"
#include "linux/errno.h"
#include "linux/socket/socket_call.h"
#include "mm/user.h"

int64_t sys_socketpair(int family, int type, int protocol, uaddr_t descriptors) {
    int error, fds[2];
    struct file *files[2];
    const struct socket_family *found = socket_family_of(family, type, &error);
    if (found == NULL)
        return error;
    if (found->pair == NULL)
        return -EOPNOTSUPP;
    error = found->pair(type & SOCK_TYPE_MASK, protocol, type & SOCK_NONBLOCK, files);
    if (error != 0)
        return error;
    fds[0] = socket_install(files[0], type);
    if (fds[0] < 0) {
        file_put(files[1]);
        return fds[0];
    }
    fds[1] = socket_install(files[1], type);
    if (fds[1] < 0) {
        fd_close(fds[0]);
        return fds[1];
    }
    if (copy_to_user(descriptors, fds, sizeof(fds)) == 0)
        return 0;
    fd_close(fds[0]);
    fd_close(fds[1]);
    return -EFAULT;
}
