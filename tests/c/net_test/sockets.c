#include "net_test/sockets.h"

#include "core/boot.h"

struct boot boot;

const struct socket_family *families[64];

int (*socket_interface_ioctl)(unsigned command, uaddr_t argument);

void socket_register(const struct socket_family *family) {
    families[family->family] = family;
}

void inode_release(struct inode *inode) {
    (void)inode; /* sockets have none */
}
