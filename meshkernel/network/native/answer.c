#include "answer.h"

#include <string.h>

#define TCP_SIZE 20
#define ICMP_SIZE 8
#define QUOTED_MAX (UNREACHABLE_MAX - ETHERNET_SIZE - IPV4_SIZE - ICMP_SIZE)

static void write_link_local(uint8_t *bytes, uint32_t address) {
    memcpy(bytes, link_local, LINK_LOCAL_SIZE);
    bytes[10] = (uint8_t)(address >> 24);
    put16(bytes + 11, 0xfffe);
    bytes[13] = (uint8_t)(address >> 16);
    put16(bytes + 14, (uint16_t)address);
}

static uint32_t add_words(uint32_t sum, const uint8_t *bytes, uint32_t size) {
    for (uint32_t at = 0; at + 1 < size; at += 2)
        sum += get16(bytes + at);
    return size % 2 ? sum + ((uint32_t)bytes[size - 1] << 8) : sum;
}

static uint16_t folded(uint32_t sum) {
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void write_ipv4(uint8_t *ip, const struct packet *packet, uint32_t size) {
    ip[0] = 0x45;
    put16(ip + 2, (uint16_t)(IPV4_SIZE + size));
    ip[8] = 64;
    ip[9] = packet->protocol;
    put32(ip + 12, packet->source);
    put32(ip + 16, packet->destination);
    put16(ip + 10, folded(add_words(0, ip, IPV4_SIZE)));
}

static void write_ipv6(uint8_t *ip, const struct packet *packet, uint32_t size) {
    ip[0] = 0x60;
    put16(ip + 4, (uint16_t)size);
    ip[6] = packet->protocol;
    ip[7] = 64;
    write_link_local(ip + 8, packet->source);
    write_link_local(ip + 24, packet->destination);
}

/* The headers before so many bytes, with zeroes for those; where they begin. */
static uint8_t *begin(uint8_t *frame, const struct packet *packet, uint32_t size) {
    uint32_t header = packet->six ? IPV6_SIZE : IPV4_SIZE;
    memset(frame, 0, ETHERNET_SIZE + header + size);
    mac_of(packet->destination, frame);
    mac_of(packet->source, frame + 6);
    put16(frame + 12, packet->six ? ETHERNET_IPV6 : ETHERNET_IPV4);
    (packet->six ? write_ipv6 : write_ipv4)(frame + ETHERNET_SIZE, packet, size);
    return frame + ETHERNET_SIZE + header;
}

uint32_t answer_reset(uint8_t *frame, const struct packet *packet) {
    struct packet reset = *packet;
    reset.protocol = PROTOCOL_TCP;
    uint8_t *tcp = begin(frame, &reset, TCP_SIZE);
    put16(tcp, packet->source_port);
    put16(tcp + 2, packet->destination_port);
    put32(tcp + 4, packet->sequence);
    put32(tcp + 8, packet->acknowledged);
    tcp[12] = (TCP_SIZE / 4) << 4;
    tcp[13] = TCP_FLAG_RST | TCP_FLAG_ACK;
    uint32_t addresses = packet->six ? 32 : 8; /* at the end of either header */
    uint32_t pseudo = add_words(PROTOCOL_TCP + TCP_SIZE, tcp - addresses, addresses);
    put16(tcp + 16, folded(add_words(pseudo, tcp, TCP_SIZE)));
    return (uint32_t)(tcp - frame) + TCP_SIZE;
}

uint32_t answer_unreachable(uint8_t *frame, uint32_t router, const uint8_t *sent, uint8_t code) {
    const uint8_t *ip = sent + ETHERNET_SIZE;
    uint32_t quoted = get16(ip + 2); /* frame_read() has looked at it */
    if (quoted > QUOTED_MAX)
        quoted = QUOTED_MAX;
    const struct packet packet = {
        .source = router, .destination = get32(ip + 12), .protocol = PROTOCOL_ICMP};
    uint8_t *icmp = begin(frame, &packet, ICMP_SIZE + quoted);
    icmp[0] = ICMP_UNREACHABLE;
    icmp[1] = code;
    memcpy(icmp + ICMP_SIZE, ip, quoted);
    put16(icmp + 2, folded(add_words(0, icmp, ICMP_SIZE + quoted)));
    return (uint32_t)(icmp - frame) + ICMP_SIZE + quoted;
}
