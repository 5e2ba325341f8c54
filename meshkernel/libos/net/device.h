/* What the network needs of a network device, and what it offers to it. Frames are Ethernet, in
 * pbufs of lwIP. */
#pragma once

#include "core/types.h"

struct pbuf;

/* A checksum that the device is to fill in (as virtio-net has it): over the bytes from `start` to
 * the end of the frame, to be stored `offset` bytes behind `start`, where the pseudo header's sum
 * is already. */
struct checksum_request {
    uint16_t start, offset; /* offset 0 with start 0: none */
};

struct net_device {
    uint16_t mtu;       /* largest IP packet; 0: no limit of its own */
    bool checksums_out; /* fills in TCP and UDP checksums on request */

    /* Frames may arrive from now on; the largest has `mtu` bytes behind its Ethernet header. */
    void (*start)(uint16_t mtu);

    /* Takes a reference to the frame until it is sent. False when the queue is full;
     * `transmit_ready` follows. The first pbuf has room for NET_DEVICE_HEADROOM bytes before the
     * frame. */
    bool (*transmit)(struct pbuf *frame, struct checksum_request checksum);

    /* Gives up what the device is done with: lwIP retransmits nothing that is still referred to. */
    void (*reclaim)(void);
};

#define NET_DEVICE_HEADROOM 12 /* PBUF_LINK_ENCAPSULATION_HLEN of lwip/lwipopts.h */

/* At most one device; called before net_init. */
void net_device_register(struct net_device *device);

/* In interrupt context. Takes over the pbuf. `verified`: its checksums are known to be right. */
void net_device_received(struct pbuf *frame, bool verified);

/* After a batch of the above: sends what the batch caused. */
void net_device_settle(void);

/* The transmit queue has room again. */
void net_device_transmit_ready(void);
