/* Sockets: the calls that make, name and set them. */
#include "core/string.h"
#include "linux/errno.h"
#include "linux/socket/socket_call.h"
#include "mm/user.h"

#define FAMILY_COUNT 48

static const struct socket_family *families[FAMILY_COUNT];

static int no_interfaces(unsigned command, uaddr_t argument) {
    (void)command, (void)argument;
    return -ENOTTY;
}

int (*socket_interface_ioctl)(unsigned command, uaddr_t argument) = no_interfaces;

void socket_register(const struct socket_family *family) {
    families[family->family] = family;
}

struct file *socket_get(int fd, int *error) {
    struct file *file = fd_file(fd);
    *error = file == NULL ? -EBADF : -ENOTSOCK;
    if (file == NULL || file->socket == NULL)
        return NULL;
    file_get(file);
    return file;
}

int socket_address_from_user(struct socket_address *address, uaddr_t from, uint32_t size) {
    memset(address, 0, sizeof(*address));
    if (from == 0 || size == 0)
        return 0;
    if (size > sizeof(address->bytes))
        return -EINVAL;
    address->size = size;
    return copy_from_user(address->bytes, from, size);
}

int socket_address_to_user(const struct socket_address *address, uaddr_t to, uaddr_t size_at) {
    int32_t room;
    if (to == 0)
        return 0;
    if (get_user(room, size_at) != 0)
        return -EFAULT;
    if (room < 0)
        return -EINVAL;
    int32_t whole = (int32_t)address->size;
    if (copy_to_user(to, address->bytes, (size_t)MIN(room, whole)) != 0)
        return -EFAULT;
    return put_user(whole, size_at);
}

const struct socket_family *socket_family_of(int number, int type, int *error) {
    *error = -EINVAL;
    if ((type & ~(SOCK_TYPE_MASK | SOCK_NONBLOCK | SOCK_CLOEXEC)) != 0)
        return NULL;
    *error = -EAFNOSUPPORT;
    return number < 0 || number >= FAMILY_COUNT ? NULL : families[number];
}

int socket_install(struct file *file, int type) {
    int fd = fd_install(file, 0, type & SOCK_CLOEXEC);
    if (fd < 0)
        file_put(file);
    return fd;
}

int64_t sys_socket(int family, int type, int protocol) {
    int error;
    struct file *file;
    const struct socket_family *found = socket_family_of(family, type, &error);
    if (found == NULL)
        return error;
    error = found->create(type & SOCK_TYPE_MASK, protocol, type & SOCK_NONBLOCK, &file);
    return error != 0 ? error : socket_install(file, type);
}

int64_t sys_bind(int fd, uaddr_t address, uint32_t size) {
    int error;
    struct socket_address own;
    struct file *file = socket_get(fd, &error);
    if (file == NULL)
        return error;
    error = socket_address_from_user(&own, address, size);
    if (error == 0)
        error = file->socket->bind == NULL ? -EOPNOTSUPP : file->socket->bind(file, &own);
    file_put(file);
    return error;
}

int64_t sys_shutdown(int fd, int how) {
    int error;
    struct file *file = socket_get(fd, &error);
    if (file == NULL)
        return error;
    error = file->socket->shutdown == NULL ? -EOPNOTSUPP : file->socket->shutdown(file, how);
    file_put(file);
    return error;
}

static int64_t name(int fd, uaddr_t address, uaddr_t size_at, bool peer) {
    int error;
    struct socket_address own = {0};
    struct file *file = socket_get(fd, &error);
    if (file == NULL)
        return error;
    error = file->socket->get_name == NULL ? -EOPNOTSUPP : file->socket->get_name(file, &own, peer);
    file_put(file);
    if (error == 0 && address == 0)
        error = -EFAULT;
    return error != 0 ? error : socket_address_to_user(&own, address, size_at);
}

int64_t sys_getsockname(int fd, uaddr_t address, uaddr_t size_at) {
    return name(fd, address, size_at, false);
}

int64_t sys_getpeername(int fd, uaddr_t address, uaddr_t size_at) {
    return name(fd, address, size_at, true);
}

#define OPTION_MAX 256

int64_t sys_setsockopt(int fd, int level, int option, uaddr_t value, uint32_t size) {
    int error;
    uint8_t copy[OPTION_MAX];
    struct file *file = socket_get(fd, &error);
    if (file == NULL)
        return error;
    error = (int32_t)size < 0 ? -EINVAL : 0;
    size = MIN(size, (uint32_t)sizeof(copy));
    if (error == 0)
        error = copy_from_user(copy, value, size);
    if (error == 0)
        error = file->socket->set_option == NULL
                    ? -ENOPROTOOPT
                    : file->socket->set_option(file, level, option, copy, size);
    file_put(file);
    return error;
}

static int get_option(struct file *file, int level, int option, uaddr_t value, uaddr_t size_at) {
    int32_t room;
    uint8_t copy[OPTION_MAX];
    if (file->socket->get_option == NULL)
        return -ENOPROTOOPT;
    if (get_user(room, size_at) != 0)
        return -EFAULT;
    if (room < 0)
        return -EINVAL;
    uint32_t size = MIN((uint32_t)room, (uint32_t)sizeof(copy));
    int error = file->socket->get_option(file, level, option, copy, &size);
    if (error != 0)
        return error;
    return copy_to_user(value, copy, size) != 0 ? -EFAULT : put_user(size, size_at);
}

int64_t sys_getsockopt(int fd, int level, int option, uaddr_t value, uaddr_t size_at) {
    int error;
    struct file *file = socket_get(fd, &error);
    if (file == NULL)
        return error;
    error = get_option(file, level, option, value, size_at);
    file_put(file);
    return error;
}
