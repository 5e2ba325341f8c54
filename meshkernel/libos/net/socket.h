/* Sockets: what linux/socket/socket.c needs of a family (AF_INET in net/, AF_UNIX in ipc/).
 * Addresses are already in our memory here; buffers are the application's, behind struct io. */
#pragma once

#include "core/types.h"
#include "fs/file.h"
#include "net/control.h"

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10

#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3

#define SOL_SOCKET 1

#define MSG_OOB 0x01
#define MSG_PEEK 0x02
#define MSG_CTRUNC 0x08
#define MSG_TRUNC 0x20
#define MSG_DONTWAIT 0x40
#define MSG_WAITALL 0x100
#define MSG_NOSIGNAL 0x4000
#define MSG_CMSG_CLOEXEC 0x40000000

struct socket_address {
    uint32_t size; /* bytes in use of `bytes`, 0 when there is none */
    union {
        uint16_t family;
        uint8_t bytes[128]; /* sockaddr_storage */
    };
};

/* All return 0 or -errno; may sleep unless the file is non-blocking. NULL: -EOPNOTSUPP. */
struct socket_ops {
    int (*bind)(struct file *file, const struct socket_address *address);
    int (*listen)(struct file *file, int backlog);
    /* A new file for the accepted connection, and the peer's address. */
    int (*accept)(struct file *file, struct file **accepted, struct socket_address *peer);
    int (*connect)(struct file *file, const struct socket_address *address);
    int (*shutdown)(struct file *file, int how);
    int (*get_name)(struct file *file, struct socket_address *address, bool peer);
    /* Bytes moved, or -errno. `address` has size 0 where none is given. receive writes MSG_TRUNC
     * and the like to *flags_out. `control` is NULL where there is none, and where none is wanted.
     */
    ssize_t (*send)(struct file *file, struct io *io, int flags,
                    const struct socket_address *address, struct control_in *control);
    ssize_t (*receive)(struct file *file, struct io *io, int flags, struct socket_address *address,
                       int *flags_out, struct control_out *control);
    int (*set_option)(struct file *file, int level, int name, const void *value, uint32_t size);
    /* *size: capacity in, length out. */
    int (*get_option)(struct file *file, int level, int name, void *value, uint32_t *size);
};

struct socket_family {
    int family;
    int (*create)(int type, int protocol, int flags, struct file **file);
    int (*pair)(int type, int protocol, int flags, struct file *files[2]); /* NULL: -EOPNOTSUPP */
};

void socket_register(const struct socket_family *family);

/* The ioctls about interfaces, which a socket of any family answers; without net/interfaces:
 * -ENOTTY. */
extern int (*socket_interface_ioctl)(unsigned command, uaddr_t argument);
