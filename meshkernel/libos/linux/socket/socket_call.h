/* What the files of socket calls share. */
#pragma once

#include "core/types.h"
#include "fs/file.h"
#include "linux/errno.h"
#include "net/socket.h"

/* The file of a descriptor with a reference taken, since the call may sleep; NULL with *error
 * -EBADF or -ENOTSOCK. */
struct file *socket_get(int fd, int *error);

/* An address of the application. Size 0 or no pointer: no address. */
int socket_address_from_user(struct socket_address *address, uaddr_t from, uint32_t size);

/* As getsockname does: cut to *size_at, which then gets the whole length. */
int socket_address_to_user(const struct socket_address *address, uaddr_t to, uaddr_t size_at);

static inline ssize_t socket_send(struct file *file, struct io *io, int flags,
                                  const struct socket_address *address,
                                  struct control_in *control) {
    return file->socket->send == NULL ? -EOPNOTSUPP
                                      : file->socket->send(file, io, flags, address, control);
}

static inline ssize_t socket_receive(struct file *file, struct io *io, int flags,
                                     struct socket_address *address, int *flags_out,
                                     struct control_out *control) {
    address->size = 0;
    *flags_out = 0;
    return file->socket->receive == NULL
               ? -EOPNOTSUPP
               : file->socket->receive(file, io, flags, address, flags_out, control);
}

/* The descriptor, with the type's SOCK_CLOEXEC, takes over the reference, or it is given up. */
int socket_install(struct file *file, int type);

/* The family for a socket of this type; NULL with *error -EINVAL or -EAFNOSUPPORT. */
const struct socket_family *socket_family_of(int number, int type, int *error);

#define SOCK_TYPE_MASK 0xf
#define SOCK_NONBLOCK O_NONBLOCK
#define SOCK_CLOEXEC O_CLOEXEC
