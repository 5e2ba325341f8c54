#include "gateway.h"

#include "forward.h"
#include "frame.h"
#include "loop.h"

#include <lwip/init.h>
#include <lwip/ip4.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define MTU 9000

static struct mesh *mesh;
static struct netif interface;
/* The interface of all places outside: it has whichever address the frame at hand is for. */
static struct netif outside;

u32_t sys_now(void) {
    return (u32_t)loop_now();
}

unsigned int lwip_random(void) {
    unsigned int value;
    if (getrandom(&value, sizeof(value), 0) != sizeof(value))
        abort(); /* four bytes are always there once the kernel has booted */
    return value;
}

/* The port in whose name lwIP sends: its own, or a place outside that it stands for. */
static struct port *sender_of(const uint8_t *packet) {
    struct port *port = mesh_port(mesh, get32(packet + 12));
    return port && port->outside ? port : mesh->gateway;
}

/* lwIP sends a packet: the Ethernet header goes before it. */
static err_t send_packet(struct netif *netif, struct pbuf *packet, const ip4_addr_t *next_hop) {
    static uint8_t frame[ETHERNET_SIZE + MTU];
    (void)netif;
    if (packet->tot_len > MTU)
        return ERR_BUF;
    mac_of(lwip_ntohl(ip4_addr_get_u32(next_hop)), frame);
    put16(frame + 12, 0x0800);
    pbuf_copy_partial(packet, frame + ETHERNET_SIZE, packet->tot_len, 0);
    struct port *sender = sender_of(frame + ETHERNET_SIZE);
    mac_of(sender->address, frame + 6);
    forward(mesh, sender, frame, ETHERNET_SIZE + packet->tot_len);
    return ERR_OK;
}

static enum verdict take(struct netif *netif, const uint8_t *frame, uint32_t size) {
    uint32_t length = size - ETHERNET_SIZE;
    struct pbuf *packet =
        length <= UINT16_MAX ? pbuf_alloc(PBUF_RAW, (u16_t)length, PBUF_RAM) : NULL;
    if (!packet)
        return DROP_QUEUE_FULL;
    memcpy(packet->payload, frame + ETHERNET_SIZE, length);
    if (ip4_input(packet, netif) != ERR_OK)
        pbuf_free(packet);
    return FRAME_FORWARDED;
}

static enum verdict deliver(struct port *port, const uint8_t *frame, uint32_t size) {
    (void)port;
    return take(&interface, frame, size);
}

enum verdict gateway_take_outside(const struct port *port, const uint8_t *frame, uint32_t size) {
    ip4_addr_t address = {lwip_htonl(port->address)};
    ip_addr_copy_from_ip4(outside.ip_addr, address);
    return take(&outside, frame, size);
}

static err_t start_interface(struct netif *netif) {
    netif->name[0] = 'g';
    netif->name[1] = 'w';
    netif->mtu = MTU;
    netif->output = send_packet;
    return ERR_OK;
}

bool gateway_start(struct mesh *its_mesh, unsigned prefix) {
    mesh = its_mesh;
    lwip_init();
    ip4_addr_t address = {lwip_htonl(mesh->gateway->address)};
    ip4_addr_t mask = {lwip_htonl(prefix ? UINT32_MAX << (32 - prefix) : 0)};
    ip4_addr_t none = {0};
    if (!netif_add(&interface, &address, &mask, &none, NULL, start_interface, ip4_input))
        return false;
    netif_set_default(&interface);
    netif_set_link_up(&interface);
    netif_set_up(&interface);
    ip4_addr_t alone = {lwip_htonl(UINT32_MAX)}; /* so that nothing is ever routed to it */
    if (!netif_add(&outside, &address, &alone, &none, NULL, start_interface, ip4_input))
        return false;
    netif_set_link_up(&outside);
    netif_set_up(&outside);
    mesh->gateway->deliver = deliver;
    return true;
}

void gateway_check_timers(void) {
    sys_check_timeouts();
}

int gateway_due(void) {
    u32_t sleep = sys_timeouts_sleeptime();
    return sleep == SYS_TIMEOUTS_SLEEPTIME_INFINITE ? -1 : (int)sleep;
}
