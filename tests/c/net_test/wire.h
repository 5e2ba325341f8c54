/* The device: a wire that keeps the frames. We are 10.77.0.5, and the peer is 10.77.0.9. */
#pragma once

#include "lwip/pbuf.h"
#include "net/device.h"

#define WIRE_FRAMES 64
#define FRAME_SIZE 2048

enum { IP_AT = 14, BEHIND_IP = 34 };

struct sent {
    uint8_t bytes[FRAME_SIZE];
    uint16_t size;
    struct checksum_request checksum;
};

extern struct net_device device;
extern struct sent wire[WIRE_FRAMES];
extern unsigned on_wire; /* frames that were sent since a test made it 0 */
extern bool wire_full;   /* the device takes none */

/* One of those that were sent. */
const uint8_t *frame(unsigned index);

/* A frame comes from the wire; `verified`: the device has seen to its checksums. */
void arrive(const void *bytes, uint16_t size, bool verified);

/* Writes the headers of a packet from the peer to us, up to BEHIND_IP: so many bytes follow. */
void begin_packet(uint8_t *bytes, uint8_t protocol, uint16_t size);

/* A segment of TCP from the peer with so many bytes, as one of a batch of frames, behind which
 * net_device_settle is to be called; it needs no checksum. */
void arrive_in_batch(const uint16_t ports[2], uint8_t flags, uint32_t sequence,
                     uint32_t acknowledged, uint16_t size);

/* A number of four bytes in a frame. */
uint32_t word(const uint8_t *bytes);
