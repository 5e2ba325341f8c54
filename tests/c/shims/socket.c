#include "net/socket.h"
#include "linux/errno.h"
#include "shims.h"

const struct socket_family *shim_socket_family;

void socket_register(const struct socket_family *family) {
    shim_socket_family = family;
}

static int no_interfaces(unsigned command, uaddr_t argument) {
    (void)command, (void)argument;
    return -ENOTTY;
}

int (*socket_interface_ioctl)(unsigned command, uaddr_t argument) = no_interfaces;
