#include "net/interface.h"

#include "core/string.h"
#include "net/net.h"

void interface_name(const struct netif *netif, char name[INTERFACE_NAME]) {
    memset(name, 0, INTERFACE_NAME);
    string_copy(name, netif == net_loopback() ? "lo" : "eth0", INTERFACE_NAME);
}

enum { ARPHRD_ETHER = 1, ARPHRD_LOOPBACK = 772 };
enum {
    IFF_UP = 0x1,
    IFF_BROADCAST = 0x2,
    IFF_LOOPBACK = 0x8,
    IFF_RUNNING = 0x40,
    IFF_MULTICAST = 0x1000,
};

uint16_t interface_hardware(const struct netif *netif) {
    return netif == net_loopback() ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
}

uint16_t interface_flags(const struct netif *netif) {
    return IFF_UP | IFF_RUNNING |
           (netif == net_loopback() ? IFF_LOOPBACK : IFF_BROADCAST | IFF_MULTICAST);
}

uint32_t interface_mtu(const struct netif *netif) {
    return netif == net_loopback() ? 65536 : netif->mtu;
}

struct netif *interface_by_name(const char *name) {
    struct netif *netif;
    char own[INTERFACE_NAME];
    NETIF_FOREACH(netif) {
        interface_name(netif, own);
        if (strncmp(own, name, sizeof(own)) == 0)
            return netif;
    }
    return NULL;
}
