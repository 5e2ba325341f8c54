/* Reads what the policy needs out of a frame. Frames come from machines that may be hostile: every
 * length is checked here, and nothing behind it needs to check again. */
#pragma once

#include "mesh.h"

#define MAC_PREFIX 0x026b

#define ETHERNET_SIZE 14
#define IPV4_SIZE 20
#define IPV6_SIZE 40

#define ETHERNET_IPV4 0x0800
#define ETHERNET_IPV6 0x86dd

enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };
enum { TCP_FLAG_FIN = 1, TCP_FLAG_SYN = 2, TCP_FLAG_RST = 4, TCP_FLAG_ACK = 16 };
enum { ICMP_REPLY = 0, ICMP_UNREACHABLE = 3, ICMP_REQUEST = 8 };

/* Of IPv6, an address is the link-local one that follows from the MAC (RFC 4291, appendix A), so it
 * stands for the IPv4 address that the MAC follows from; ICMPv6 is read as its older sister. */
struct packet {
    uint32_t source, destination; /* addresses */
    bool six;                     /* IPv6 */
    uint16_t source_port, destination_port;
    uint8_t protocol;
    uint8_t tcp_flags;
    uint8_t icmp_type;
    uint32_t sequence, acknowledged; /* TCP's */
    uint32_t tcp_length;             /* sequence numbers that it takes: data, SYN, FIN */
};

/* The link-local address of AA.BB.CC.DD, whose MAC is 02:6b:AA:BB:CC:DD, is
 * fe80::6b:AAff:feBB:CCDD: these bytes come first. */
#define LINK_LOCAL_SIZE 10
extern const uint8_t link_local[LINK_LOCAL_SIZE];

static inline uint16_t get16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t get32(const uint8_t *bytes) {
    return (uint32_t)get16(bytes) << 16 | get16(bytes + 2);
}

static inline void put16(uint8_t *bytes, uint16_t value) {
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static inline void put32(uint8_t *bytes, uint32_t value) {
    put16(bytes, (uint16_t)(value >> 16));
    put16(bytes + 2, (uint16_t)value);
}

/* FRAME_FORWARDED, or why the frame cannot pass whatever the links are. `source`: the port's own
 * address. An ICMP "unreachable" is read as the packet that it answers: its flow decides. */
enum verdict frame_read(const uint8_t *frame, uint32_t size, uint32_t source,
                        struct packet *packet);
