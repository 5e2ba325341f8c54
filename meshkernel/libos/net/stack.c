#include "core/boot.h"
#include "core/clock.h"
#include "core/panic.h"
#include "core/start.h"
#include "core/thread.h"
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/priv/tcp_priv.h"
#include "net/device.h"
#include "net/ethernet.h"
#include "net/hooks.h"
#include "net/inet_socket.h"
#include "net/ipv6/ipv6.h"
#include "net/net.h"
#include "net/tcp/acknowledge.h"
#include "net/tcp/sequence.h"
#include "net/tcp/timers.h"
#include "seal/seal.h"

#define DEFAULT_MTU 1500
#define LARGEST_MTU 9000 /* TCP_MSS of lwip/lwipopts.h, and headers */

static struct net_device *device;
static struct netif ethernet;

struct netif *net_ethernet(void) {
    return netif_is_up(&ethernet) ? &ethernet : NULL;
}

struct netif *net_loopback(void) {
    return netif_get_by_index(1); /* netif_init of lwIP adds it first */
}

void net_device_register(struct net_device *registered) {
    if (device == NULL)
        device = registered;
}

void net_device_received(struct pbuf *frame, bool verified) {
    ethernet_input(&ethernet, frame, verified);
}

void net_device_settle(void) {
    net_settle();
}

void net_device_transmit_ready(void) {
    tcp_txnow();
    inet_sockets_transmit_ready();
}

/* All of 127/8 is this machine, but lwIP takes only packets to an interface's own address: so lo
 * has the address of the packet that is looked at, and 127.0.0.1 whenever nobody is. */
void net_loopback_answers(ip4_addr_t address) {
    struct netif *lo = net_loopback();
    if (!ip4_addr_isloopback(&address))
        ip4_addr_set_loopback(&address);
    ip_2_ip4(&lo->ip_addr)->addr = address.addr;
}

void net_poll(void) {
    const ip4_addr_t none = {0};
    do
        netif_poll_all();
    while (tcp_acknowledge_batch());
    net_loopback_answers(none);
}

void net_settle(void) {
    net_poll();
    net_timers_run();
}

struct netif *net_hook_route(const ip4_addr_t *destination) {
    bool own = netif_is_up(&ethernet) && ip4_addr_cmp(destination, netif_ip4_addr(&ethernet));
    return own ? net_loopback() : NULL;
}

static uint16_t choose_mtu(void) {
    uint16_t mtu = device->mtu != 0 ? device->mtu : DEFAULT_MTU;
    if (boot.mtu != 0)
        mtu = device->mtu != 0 ? MIN(boot.mtu, device->mtu) : boot.mtu;
    return MIN(mtu, (uint16_t)LARGEST_MTU);
}

static void start_device(void) {
    const ip4_addr_t address = {boot.address}, mask = {boot.netmask}, gateway = {boot.gateway};
    if (netif_add(&ethernet, &address, &mask, &gateway, device, ethernet_init, netif_input) == NULL)
        panic("The network interface could not be set up.");
    ethernet.mtu = choose_mtu();
#if LWIP_IPV6
    inet6_start(&ethernet);
#endif
    netif_set_default(&ethernet);
    netif_set_up(&ethernet);
    device->start(ethernet.mtu);
}

/* Waits until every byte that was written to a TCP connection is acknowledged, as Linux goes on
 * doing after a process has ended. */
static void drain(nanos_t deadline) {
    const nanos_t step = 20 * NANOS_PER_MS;
    while (net_timers_busy() && clock_monotonic() < deadline)
        thread_sleep(MIN(deadline, clock_monotonic() + step));
}

/* A new key, and the device, if both it and an address of the boot configuration are there. */
static void start_interface(void) {
    net_sequence_init();
    if (boot.address != 0 && device != NULL)
        start_device();
    else if (boot.address != 0)
        panic("The boot configuration has an address, but the machine has no network device.");
}
CONTINUE(START_NETWORK, start_interface);

static void net_init(void) {
    lwip_init();
    start_interface();
    inet_sockets_init();
    machine_drain = drain;
}
START(START_NETWORK, net_init);

static void hinder_seal(struct text *lines) {
    if (device != NULL)
        text_print(lines, "device network\n");
}
SEAL_HINDRANCE(hinder_seal);
