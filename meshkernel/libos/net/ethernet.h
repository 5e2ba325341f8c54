/* Ethernet without ARP: a neighbour's MAC follows from its address (abi/boot.h). */
#pragma once

#include "core/types.h"
#include "lwip/netif.h"
#include "net/device.h"

#define ETHERNET_HEADER_SIZE 14
#define ETHERNET_TYPE_IPV4 0x0800

struct ethernet_header {
    uint8_t destination[6], source[6];
    uint16_t type; /* network byte order */
} __attribute__((packed));

/* lwIP's init function of the interface; netif->state is the struct net_device. */
err_t ethernet_init(struct netif *netif);

/* Takes over the frame. `verified`: its TCP and UDP checksums need no look. */
void ethernet_input(struct netif *netif, struct pbuf *frame, bool verified);

/* Sends a frame that has its header already. */
err_t ethernet_send(struct netif *netif, struct pbuf *frame);
