/* Sockets: the calls that send and receive. */
#include "core/string.h"
#include "linux/errno.h"
#include "linux/socket/socket_call.h"
#include "mm/user.h"

int64_t sys_sendto(int fd, uaddr_t buffer, size_t size, int flags, uaddr_t address,
                   uint32_t address_size) {
    int error;
    struct socket_address to;
    struct io io;
    const struct iovec vector = {buffer, MIN(size, (size_t)INT32_MAX)};
    struct file *file = socket_get(fd, &error);
    if (file == NULL)
        return error;
    ssize_t result = socket_address_from_user(&to, address, address_size);
    io_init(&io, &vector, 1);
    if (result == 0)
        result = socket_send(file, &io, flags, &to, NULL);
    file_put(file);
    return result;
}

int64_t sys_recvfrom(int fd, uaddr_t buffer, size_t size, int flags, uaddr_t address,
                     uaddr_t size_at) {
    int error, flags_out;
    struct socket_address from;
    struct io io;
    const struct iovec vector = {buffer, MIN(size, (size_t)INT32_MAX)};
    struct file *file = socket_get(fd, &error);
    if (file == NULL)
        return error;
    io_init(&io, &vector, 1);
    ssize_t result = socket_receive(file, &io, flags, &from, &flags_out, NULL);
    file_put(file);
    if (result >= 0 && socket_address_to_user(&from, address, size_at) != 0)
        return -EFAULT;
    return result;
}
