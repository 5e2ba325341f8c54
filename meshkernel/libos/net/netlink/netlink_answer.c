#include "core/print.h"
#include "core/string.h"
#include "linux/errno.h"
#include "lwip/netif.h"
#include "net/interface.h"
#include "net/net.h"
#include "net/netlink/netlink.h"
#include "net/socket.h"

enum { /* types of messages */
       NLMSG_ERROR = 2,
       NLMSG_DONE = 3,
       RTM_NEWLINK = 16,
       RTM_GETLINK = 18,
       RTM_NEWADDR = 20,
       RTM_GETADDR = 22,
       RTM_GETROUTE = 26, /* an empty table: who has an address knows how to get there */
};

enum { NLM_F_MULTI = 2 };
enum { IFLA_ADDRESS = 1, IFLA_BROADCAST = 2, IFLA_IFNAME = 3, IFLA_MTU = 4 };
enum { IFA_ADDRESS = 1, IFA_LOCAL = 2, IFA_LABEL = 3, IFA_BROADCAST = 4, IFA_FLAGS = 8 };
enum { SCOPE_UNIVERSE = 0, SCOPE_LINK = 253, SCOPE_HOST = 254 };
enum { IFA_F_PERMANENT = 0x80 };

struct link_message { /* struct ifinfomsg */
    uint8_t family, pad;
    uint16_t hardware;
    int32_t index;
    uint32_t flags, change;
};

struct address_message { /* struct ifaddrmsg */
    uint8_t family, prefix, flags, scope;
    uint32_t index;
};

struct attribute { /* struct rtattr */
    uint16_t size, type;
};

/* An answer that is being written; each message starts on a multiple of four, as each attribute. */
struct writer {
    uint8_t *bytes;
    size_t size;
    const struct netlink_header *request;
    uint32_t port;
    size_t message; /* where the current one starts */
};

static void add(struct writer *writer, const void *bytes, size_t size) {
    size_t aligned = (size + 3) & ~(size_t)3;
    assert(writer->size + aligned <= NETLINK_ANSWER_MAX); /* two interfaces, three addresses */
    memset(writer->bytes + writer->size, 0, aligned);
    memcpy(writer->bytes + writer->size, bytes, size);
    writer->size += aligned;
}

static void begin(struct writer *writer, uint16_t type, const void *body, size_t size) {
    const struct netlink_header header = {
        .type = type,
        .flags = NLM_F_MULTI,
        .sequence = writer->request->sequence,
        .port = writer->port,
    };
    writer->message = writer->size;
    add(writer, &header, sizeof(header));
    add(writer, body, size);
}

static void end(struct writer *writer) {
    uint32_t size = (uint32_t)(writer->size - writer->message);
    memcpy(writer->bytes + writer->message, &size, sizeof(size));
}

static void add_attribute(struct writer *writer, uint16_t type, const void *value, size_t size) {
    const struct attribute attribute = {(uint16_t)(sizeof(attribute) + size), type};
    add(writer, &attribute, sizeof(attribute));
    add(writer, value, size);
}

static void add_name(struct writer *writer, uint16_t type, const struct netif *netif) {
    char name[INTERFACE_NAME];
    interface_name(netif, name);
    add_attribute(writer, type, name, strlen(name) + 1);
}

static void tell_link(struct writer *writer, const struct netif *netif) {
    static const uint8_t none[6], all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    bool loopback = netif == net_loopback();
    const struct link_message link = {
        .hardware = interface_hardware(netif),
        .index = netif_get_index(netif),
        .flags = interface_flags(netif),
    };
    uint32_t mtu = interface_mtu(netif);
    begin(writer, RTM_NEWLINK, &link, sizeof(link));
    add_name(writer, IFLA_IFNAME, netif);
    add_attribute(writer, IFLA_MTU, &mtu, sizeof(mtu));
    add_attribute(writer, IFLA_ADDRESS, loopback ? none : netif->hwaddr, sizeof(none));
    add_attribute(writer, IFLA_BROADCAST, loopback ? none : all, sizeof(all));
    end(writer);
}

static uint8_t prefix_of(const ip4_addr_t *mask) {
    uint32_t host = ~lwip_ntohl(mask->addr); /* its bits are the last ones */
    return host == 0 ? 32 : (uint8_t)__builtin_clz(host);
}

static void tell_address(struct writer *writer, const struct netif *netif) {
    bool loopback = netif == net_loopback();
    const uint32_t own = netif_ip4_addr(netif)->addr, mask = netif_ip4_netmask(netif)->addr;
    const uint32_t broadcast = own | ~mask, flags = IFA_F_PERMANENT;
    const struct address_message address = {
        .family = AF_INET,
        .prefix = prefix_of(netif_ip4_netmask(netif)),
        .flags = IFA_F_PERMANENT,
        .scope = loopback ? SCOPE_HOST : SCOPE_UNIVERSE,
        .index = netif_get_index(netif),
    };
    begin(writer, RTM_NEWADDR, &address, sizeof(address));
    add_attribute(writer, IFA_ADDRESS, &own, sizeof(own));
    add_attribute(writer, IFA_LOCAL, &own, sizeof(own));
    if (!loopback)
        add_attribute(writer, IFA_BROADCAST, &broadcast, sizeof(broadcast));
    add_name(writer, IFA_LABEL, netif);
    add_attribute(writer, IFA_FLAGS, &flags, sizeof(flags));
    end(writer);
}

#if LWIP_IPV6
static void tell_address_6(struct writer *writer, const struct netif *netif) {
    bool loopback = netif == net_loopback();
    const uint32_t flags = IFA_F_PERMANENT;
    const struct address_message address = {
        .family = AF_INET6,
        .prefix = loopback ? 128 : 64,
        .flags = IFA_F_PERMANENT,
        .scope = loopback ? SCOPE_HOST : SCOPE_LINK,
        .index = netif_get_index(netif),
    };
    begin(writer, RTM_NEWADDR, &address, sizeof(address));
    add_attribute(writer, IFA_ADDRESS, netif_ip6_addr(netif, 0)->addr, 16);
    add_attribute(writer, IFA_FLAGS, &flags, sizeof(flags));
    end(writer);
}
#endif

/* `family`: AF_UNSPEC (0) for all. */
static void tell_all(struct writer *writer, uint16_t type, uint8_t family) {
    for (u8_t index = 1; netif_get_by_index(index) != NULL; index++) {
        const struct netif *netif = netif_get_by_index(index);
        if (type == RTM_GETLINK)
            tell_link(writer, netif);
        if (type == RTM_GETADDR && (family == 0 || family == AF_INET))
            tell_address(writer, netif);
#if LWIP_IPV6
        if (type == RTM_GETADDR && (family == 0 || family == AF_INET6))
            tell_address_6(writer, netif);
#endif
    }
}

size_t netlink_answer(const struct netlink_header *request, const uint8_t *rest, size_t size,
                      uint32_t port, uint8_t answer[NETLINK_ANSWER_MAX]) {
    struct writer writer = {.bytes = answer, .request = request, .port = port};
    int32_t result = -EOPNOTSUPP;
    bool known = request->type == RTM_GETLINK || request->type == RTM_GETADDR ||
                 request->type == RTM_GETROUTE;
    if (known && size >= 1) {
        tell_all(&writer, request->type, rest[0]);
        result = 0;
    }
    begin(&writer, known ? NLMSG_DONE : NLMSG_ERROR, &result, sizeof(result));
    if (!known)
        add(&writer, request, sizeof(*request)); /* what was wrong */
    end(&writer);
    return writer.size;
}
