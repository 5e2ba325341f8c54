#include "net_test/wire.h"

#include "check.h"
#include "lwip/def.h"
#include "lwip/inet_chksum.h"

struct sent wire[WIRE_FRAMES];
unsigned on_wire;
bool wire_full;

static bool transmit(struct pbuf *frame, struct checksum_request checksum) {
    if (wire_full)
        return false;
    CHECK(on_wire < ARRAY_SIZE(wire));
    wire[on_wire].size = pbuf_copy_partial(frame, wire[on_wire].bytes, FRAME_SIZE, 0);
    CHECK_EQUAL(wire[on_wire].size, frame->tot_len);
    CHECK(pbuf_add_header(frame, NET_DEVICE_HEADROOM) == 0); /* as the driver needs it */
    pbuf_remove_header(frame, NET_DEVICE_HEADROOM);
    wire[on_wire++].checksum = checksum;
    return true;
}

static void device_start(uint16_t mtu) {
    CHECK_EQUAL(mtu, 1500);
}

static void reclaim(void) {
}

struct net_device device = {
    .start = device_start,
    .transmit = transmit,
    .reclaim = reclaim,
};

const uint8_t *frame(unsigned index) {
    CHECK(index < on_wire);
    return wire[index].bytes;
}

static void arrive_unsettled(const void *bytes, uint16_t size, bool verified) {
    struct pbuf *pbuf = pbuf_alloc(PBUF_RAW, size, PBUF_RAM);
    pbuf_take(pbuf, bytes, size);
    net_device_received(pbuf, verified);
}

void arrive(const void *bytes, uint16_t size, bool verified) {
    arrive_unsettled(bytes, size, verified);
    net_device_settle();
}

void begin_packet(uint8_t *bytes, uint8_t protocol, uint16_t size) {
    static const uint8_t headers[BEHIND_IP] = {
        0x02, 0x6b, 10, 77, 0, 5, 0x02, 0x6b, 10, 77, 0, 9, 8,  0, /* Ethernet */
        0x45, 0,    0,  0,  0, 1, 0,    0,    64, 0,  0, 0, 10, 77, 0, 9, 10, 77, 0, 5, /* IPv4 */
    };
    memcpy(bytes, headers, sizeof(headers));
    bytes[IP_AT + 2] = (uint8_t)((20 + size) >> 8);
    bytes[IP_AT + 3] = (uint8_t)(20 + size);
    bytes[IP_AT + 9] = protocol;
    uint16_t sum = inet_chksum(bytes + IP_AT, 20);
    memcpy(bytes + IP_AT + 10, &sum, 2);
}

void arrive_in_batch(const uint16_t ports[2], uint8_t flags, uint32_t sequence,
                     uint32_t acknowledged, uint16_t size) {
    static uint8_t bytes[FRAME_SIZE];
    const uint16_t ends[2] = {lwip_htons(ports[0]), lwip_htons(ports[1])};
    const uint32_t numbers[2] = {lwip_htonl(sequence), lwip_htonl(acknowledged)};
    uint8_t *tcp = bytes + BEHIND_IP;
    CHECK(BEHIND_IP + 20 + size <= FRAME_SIZE);
    begin_packet(bytes, 6, (uint16_t)(20 + size));
    memcpy(tcp, ends, 4);
    memcpy(tcp + 4, numbers, 8);
    tcp[12] = 0x50;
    tcp[13] = flags;
    tcp[14] = 0xff; /* the window */
    arrive_unsettled(bytes, (uint16_t)(BEHIND_IP + 20 + size), true);
}

uint32_t word(const uint8_t *bytes) {
    uint32_t value;
    memcpy(&value, bytes, 4);
    return lwip_ntohl(value);
}
