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

u32_t sys_now(void) {
    return (u32_t)loop_now();
}

unsigned int lwip_random(void) {
    unsigned int value;
    if (getrandom(&value, sizeof(value), 0) != sizeof(value))
        abort(); /* four bytes are always there once the kernel has booted */
    return value;
}

/* lwIP sends a packet: the Ethernet header goes before it. */
static err_t send_packet(struct netif *netif, struct pbuf *packet, const ip4_addr_t *next_hop) {
    static uint8_t frame[ETHERNET_SIZE + MTU];
    (void)netif;
    if (packet->tot_len > MTU)
        return ERR_BUF;
    mac_of(lwip_ntohl(ip4_addr_get_u32(next_hop)), frame);
    mac_of(mesh->gateway->address, frame + 6);
    put16(frame + 12, 0x0800);
    pbuf_copy_partial(packet, frame + ETHERNET_SIZE, packet->tot_len, 0);
    forward(mesh, mesh->gateway, frame, ETHERNET_SIZE + packet->tot_len);
    return ERR_OK;
}

static enum verdict deliver(struct port *port, const uint8_t *frame, uint32_t size) {
    (void)port;
    uint32_t length = size - ETHERNET_SIZE;
    struct pbuf *packet =
        length <= UINT16_MAX ? pbuf_alloc(PBUF_RAW, (u16_t)length, PBUF_RAM) : NULL;
    if (!packet)
        return DROP_QUEUE_FULL;
    memcpy(packet->payload, frame + ETHERNET_SIZE, length);
    if (ip4_input(packet, &interface) != ERR_OK)
        pbuf_free(packet);
    return FRAME_FORWARDED;
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
