/* ioctl on sockets: what interfaces there are. */
#include "core/start.h"
#include "core/string.h"
#include "lwip/netif.h"
#include "mm/user.h"
#include "net/inet_socket.h"
#include "net/interface.h"
#include "net/net.h"

#define SIOCGIFNAME 0x8910
#define SIOCGIFCONF 0x8912
#define SIOCGIFFLAGS 0x8913
#define SIOCGIFADDR 0x8915
#define SIOCGIFBRDADDR 0x8919
#define SIOCGIFNETMASK 0x891b
#define SIOCGIFMTU 0x8921
#define SIOCGIFHWADDR 0x8927
#define SIOCGIFINDEX 0x8933

struct interface_request { /* struct ifreq */
    char name[16];
    union {
        struct sockaddr_in address;
        struct {
            uint16_t family;
            uint8_t bytes[14];
        } hardware;
        int32_t number;
        int16_t flags;
        uint8_t pad[24];
    };
};
_Static_assert(sizeof(struct interface_request) == 40, "struct ifreq of x86-64");

struct interface_list { /* struct ifconf */
    int32_t size;
    int32_t pad;
    uaddr_t requests;
};

static void write_address(struct interface_request *request, uint32_t address) {
    request->address = (struct sockaddr_in){.family = AF_INET, .address = address};
}

static void answer(struct interface_request *request, unsigned command, const struct netif *netif) {
    bool loopback = netif == net_loopback();
    switch (command) {
    case SIOCGIFADDR:
        write_address(request, netif_ip4_addr(netif)->addr);
        break;
    case SIOCGIFNETMASK:
        write_address(request, netif_ip4_netmask(netif)->addr);
        break;
    case SIOCGIFBRDADDR:
        write_address(request,
                      loopback ? 0 : netif_ip4_addr(netif)->addr | ~netif_ip4_netmask(netif)->addr);
        break;
    case SIOCGIFFLAGS:
        request->flags = (int16_t)interface_flags(netif);
        break;
    case SIOCGIFMTU:
        request->number = (int32_t)interface_mtu(netif);
        break;
    case SIOCGIFINDEX:
        request->number = netif_get_index(netif);
        break;
    case SIOCGIFHWADDR:
        memset(&request->hardware, 0, sizeof(request->hardware));
        request->hardware.family = interface_hardware(netif);
        memcpy(request->hardware.bytes, netif->hwaddr, loopback ? 0 : 6);
        break;
    }
}

static int list_interfaces(uaddr_t argument) {
    struct interface_list list;
    if (get_user(list, argument) != 0)
        return -EFAULT;
    int32_t room = list.size, used = 0;
    const struct netif *netif;
    NETIF_FOREACH(netif) {
        struct interface_request request = {0};
        interface_name(netif, request.name);
        write_address(&request, netif_ip4_addr(netif)->addr);
        if (list.requests != 0 && room - used >= (int32_t)sizeof(request)) {
            if (put_user(request, list.requests + (uaddr_t)used) != 0)
                return -EFAULT;
        } else if (list.requests != 0) {
            break;
        }
        used += (int32_t)sizeof(request);
    }
    list.size = used;
    return put_user(list, argument);
}

/* Of sockets of any family: the C library asks one of AF_UNIX. */
static int interface_ioctl(unsigned command, uaddr_t argument) {
    struct interface_request request;
    if (command == SIOCGIFCONF)
        return list_interfaces(argument);
    bool known = command == SIOCGIFNAME || command == SIOCGIFFLAGS || command == SIOCGIFADDR ||
                 command == SIOCGIFBRDADDR || command == SIOCGIFNETMASK || command == SIOCGIFMTU ||
                 command == SIOCGIFHWADDR || command == SIOCGIFINDEX;
    if (!known)
        return -ENOTTY;
    if (get_user(request, argument) != 0)
        return -EFAULT;
    request.name[sizeof(request.name) - 1] = '\0';
    const struct netif *netif = command == SIOCGIFNAME ? netif_get_by_index((u8_t)request.number)
                                                       : interface_by_name(request.name);
    if (netif == NULL)
        return -ENODEV;
    if (command == SIOCGIFNAME)
        interface_name(netif, request.name);
    else
        answer(&request, command, netif);
    return put_user(request, argument);
}

static void interfaces_init(void) {
    socket_interface_ioctl = interface_ioctl;
}
START(START_NETWORK, interfaces_init);
