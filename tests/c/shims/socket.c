#include "net/socket.h"
#include "shims.h"

const struct socket_family *shim_socket_family;

void socket_register(const struct socket_family *family) {
    shim_socket_family = family;
}
