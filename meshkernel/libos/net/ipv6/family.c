#include "core/start.h"
#include "lwip/netif.h"
#include "net/ipv6/internal.h"

static const struct inet_family inet_family_6 = {
    .domain = AF_INET6,
    .pcb_type = IPADDR_TYPE_ANY, /* both versions, until IPV6_V6ONLY says otherwise */
    .parse = inet6_parse,
    .write = inet6_write,
    .set_option = inet6_set_option,
    .get_option = inet6_get_option,
    .tell_origin = inet6_tell_origin,
    .read_wish = inet6_read_wish,
};

static int create(int type, int protocol, int flags, struct file **file) {
    return inet_create(&inet_family_6, type, protocol, flags, file);
}

static void inet6_init(void) {
    static const struct socket_family family = {.family = AF_INET6, .create = create};
    socket_register(&family);
}
START(START_NETWORK, inet6_init);

void inet6_start(struct netif *device) {
    device->output_ip6 = inet6_output;
    netif_create_ip6_linklocal_address(device, 1);
}
