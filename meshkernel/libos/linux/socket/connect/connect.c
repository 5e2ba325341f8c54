/* The call of sockets that connect. */
#include "core/string.h"
#include "linux/errno.h"
#include "linux/socket/socket_call.h"
#include "mm/user.h"

int64_t sys_connect(int fd, uaddr_t address, uint32_t size) {
    int error;
    struct socket_address peer;
    struct file *file = socket_get(fd, &error);
    if (file == NULL)
        return error;
    error = socket_address_from_user(&peer, address, size);
    if (error == 0)
        error = file->socket->connect == NULL ? -EOPNOTSUPP : file->socket->connect(file, &peer);
    file_put(file);
    return error;
}
