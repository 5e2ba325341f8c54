#include "net/inet_socket.h"

#include "core/clock.h"
#include "core/string.h"
#include "linux/signal.h"
#include "lwip/ip4.h"
#include "net/net.h"
#include "net/socket_types.h"

static struct list sockets = LIST_INIT(sockets);

void inet_socket_setup(struct inet_socket *socket, int domain, int type, int protocol) {
    socket->domain = domain;
    socket->type = type;
    socket->protocol = protocol;
    socket->receive_buffer = DEFAULT_BUFFER;
    socket->send_buffer = DEFAULT_BUFFER;
    socket->linger = -1;
    list_append(&sockets, &socket->link);
}

void inet_socket_gone(struct inet_socket *socket) {
    list_remove(&socket->link);
}

/* Datagrams wait for the device's queue; connections hear of it from lwIP. */
void inet_sockets_transmit_ready(void) {
    LIST_FOR_EACH(node, &sockets) {
        struct inet_socket *socket = LIST_ENTRY(node, struct inet_socket, link);
        if (socket->type != SOCK_STREAM)
            inet_wake(socket, EPOLLOUT);
    }
}

void inet_wake(struct inet_socket *socket, uint32_t events) {
    if (socket->file != NULL)
        wait_wake(&socket->file->waiters, events);
}

int inet_take_error(struct inet_socket *socket) {
    int error = socket->error;
    socket->error = 0;
    return -error;
}

int inet_error(err_t error) {
    switch (error) {
    case ERR_OK:
        return 0;
    case ERR_MEM:
    case ERR_BUF:
        return -ENOBUFS;
    case ERR_TIMEOUT:
        return -ETIMEDOUT;
    case ERR_RTE:
        return -ENETUNREACH;
    case ERR_USE:
        return -EADDRINUSE;
    case ERR_ALREADY:
        return -EALREADY;
    case ERR_ISCONN:
        return -EISCONN;
    case ERR_CONN:
    case ERR_CLSD:
        return -ENOTCONN;
    case ERR_ABRT:
        return -ECONNABORTED;
    case ERR_RST:
        return -ECONNRESET;
    case ERR_IF:
        return -ENETDOWN;
    default:
        return -EINVAL;
    }
}

int inet_parse_address(const struct socket_address *from, ip_addr_t *address, uint16_t *port) {
    struct sockaddr_in in;
    if (from->size < sizeof(in))
        return -EINVAL;
    memcpy(&in, from->bytes, sizeof(in));
    if (in.family != AF_INET)
        return -EAFNOSUPPORT;
    address->addr = in.address;
    *port = __builtin_bswap16(in.port);
    return 0;
}

void inet_write_address(struct socket_address *to, const ip_addr_t *address, uint16_t port) {
    const struct sockaddr_in in = {
        .family = AF_INET, .port = __builtin_bswap16(port), .address = address->addr};
    memcpy(to->bytes, &in, sizeof(in));
    to->size = sizeof(in);
}

static bool is_loopback(const ip_addr_t *address) {
    return ip4_addr_isloopback(ip_2_ip4(address));
}

bool inet_address_is_local(const ip_addr_t *address) {
    const struct netif *ethernet = net_ethernet();
    return ip_addr_isany_val(*address) || is_loopback(address) ||
           (ethernet != NULL && ip4_addr_cmp(address, netif_ip4_addr(ethernet)));
}

bool inet_source_for(const ip_addr_t *destination, ip_addr_t *source) {
    struct netif *ethernet = net_ethernet();
    /* What goes to the own address travels over lo, and comes from that address all the same. */
    if (ethernet != NULL && ip4_addr_cmp(destination, netif_ip4_addr(ethernet))) {
        *source = *destination;
        return true;
    }
    const struct netif *netif = ip4_route(destination);
    if (netif == NULL)
        return false;
    bool on_link = ip4_addr_netcmp(destination, netif_ip4_addr(netif), netif_ip4_netmask(netif));
    if (!on_link && ip4_addr_isany_val(*netif_ip4_gw(netif)))
        return false;
    *source = *netif_ip4_addr(netif);
    return true;
}

bool inet_nonblocking(const struct file *file, int flags) {
    return (file->flags & O_NONBLOCK) || (flags & MSG_DONTWAIT);
}

nanos_t inet_deadline(nanos_t timeout) {
    return timeout == 0 ? NANOS_NEVER : clock_monotonic() + timeout;
}

int inet_wait(struct inet_socket *socket, nanos_t deadline) {
    int result = wait_sleep(&socket->file->waiters, deadline);
    if (result == -EINTR && deadline == NANOS_NEVER)
        return -ERESTARTSYS;
    return result == -ETIMEDOUT ? -EAGAIN : result;
}

static int create(int type, int protocol, int flags, struct file **file) {
    switch (type) {
    case SOCK_STREAM:
        return protocol == 0 || protocol == IPPROTO_TCP ? tcp_socket_create(flags, file)
                                                        : -EPROTONOSUPPORT;
    case SOCK_DGRAM:
        return protocol == 0 || protocol == IPPROTO_UDP ? udp_socket_create(flags, file)
                                                        : -EPROTONOSUPPORT;
    case SOCK_RAW:
        return protocol > 0 && protocol <= IPPROTO_RAW ? raw_socket_create(protocol, flags, file)
                                                       : -EPROTONOSUPPORT;
    default:
        return -ESOCKTNOSUPPORT;
    }
}

void inet_sockets_init(void) {
    static const struct socket_family family = {.family = AF_INET, .create = create};
    socket_register(&family);
}
