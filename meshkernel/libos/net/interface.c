#include "net/interface.h"

#include "core/string.h"
#include "net/net.h"

void interface_name(const struct netif *netif, char name[INTERFACE_NAME]) {
    memset(name, 0, INTERFACE_NAME);
    string_copy(name, netif == net_loopback() ? "lo" : "eth0", INTERFACE_NAME);
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
