/* Ethernet without ARP: a neighbour's MAC follows from its address (abi/boot.h). */
#pragma once

#include "core/types.h"
#include "lwip/netif.h"
#include "net/device.h"

#define ETHERNET_HEADER_SIZE 14
#define ETHERNET_TYPE_IPV4 0x0800
#define ETHERNET_TYPE_IPV6 0x86dd

struct ethernet_header {
    uint8_t destination[6], source[6];
    uint16_t type; /* network byte order */
} __attribute__((packed));

/* lwIP's init function of the interface; netif->state is the struct net_device. */
err_t ethernet_init(struct netif *netif);

/* Takes over the frame. `verified`: its TCP and UDP checksums need no look. */
void ethernet_input(struct netif *netif, struct pbuf *frame, bool verified);

/* Sends an IP packet of this type to a MAC. `checksum`: what the device is to fill in, offset 0 for
 * nothing; lwIP leaves transport checksums to a device that can. */
err_t ethernet_output(struct netif *netif, struct pbuf *packet, const uint8_t mac[6], uint16_t type,
                      struct checksum_request checksum);

/* Where the checksum of this transport stands behind an IP header of `header` bytes, when it was
 * left to the device: then it is made the pseudo header's sum. Offset 0: nothing to do. */
struct checksum_request ethernet_request_checksum(struct pbuf *packet, uint16_t header,
                                                  uint8_t protocol, const ip_addr_t *source,
                                                  const ip_addr_t *destination);

/* Sends a frame that has its header already. */
err_t ethernet_send(struct netif *netif, struct pbuf *frame);

/* Is shown each frame with its Ethernet header, which stays the caller's. NULL: nobody looks. */
extern void (*ethernet_watch)(struct netif *netif, struct pbuf *frame, bool outgoing);
