/* What the two files of socket calls share. */
#pragma once

#include "core/types.h"
#include "fs/file.h"
#include "net/socket.h"

/* The file of a descriptor with a reference taken, since the call may sleep; NULL with *error
 * -EBADF or -ENOTSOCK. */
struct file *socket_get(int fd, int *error);

/* An address of the application. Size 0 or no pointer: no address. */
int socket_address_from_user(struct socket_address *address, uaddr_t from, uint32_t size);

/* As getsockname does: cut to *size_at, which then gets the whole length. */
int socket_address_to_user(const struct socket_address *address, uaddr_t to, uaddr_t size_at);
