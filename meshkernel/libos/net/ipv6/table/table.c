#include "core/start.h"
#include "fs/proc/procfs.h"
#include "lwip/netif.h"
#include "net/interface.h"
#include "net/net.h"

/* proc(5) has no word on it; the kernel's if6_seq_show: address, index, length of the prefix, scope
 * (of RFC 4291, times 16), flags (permanent), name. */
static void tell_addresses(struct text *text) {
    for (u8_t index = 1; netif_get_by_index(index) != NULL; index++) {
        const struct netif *netif = netif_get_by_index(index);
        bool loopback = netif == net_loopback();
        const uint8_t *bytes = (const uint8_t *)netif_ip6_addr(netif, 0)->addr;
        char name[INTERFACE_NAME];
        for (unsigned i = 0; i < 16; i++)
            text_print(text, "%02x", bytes[i]);
        interface_name(netif, name);
        text_print(text, " %02x %02x %02x 80 %8s\n", (unsigned)index, loopback ? 128u : 64u,
                   loopback ? 0x10u : 0x20u, name);
    }
}

static void table_init(void) {
    static const struct generator file = {"net/if_inet6", tell_addresses};
    proc_add_file(&file);
}
START(START_NETWORK, table_init);
