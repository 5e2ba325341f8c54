#include "frame.h"

#include <string.h>

#define TCP_SIZE 20
#define UDP_SIZE 8
#define ICMP_SIZE 8

/* lwIP reads one byte too far where an option's length is missing, and it is what most receivers
 * are: a list of options that does not end within the header passes no wire. */
static bool options_end(const uint8_t *options, uint32_t size) {
    for (uint32_t at = 0; at < size && options[at] != 0;) {
        if (options[at] == 1) { /* a filler of one byte */
            at++;
            continue;
        }
        if (size - at < 2 || options[at + 1] < 2 || options[at + 1] > size - at)
            return false;
        at += options[at + 1];
    }
    return true;
}

static enum verdict read_tcp(const uint8_t *tcp, uint32_t size, struct packet *packet) {
    if (size < TCP_SIZE)
        return DROP_MALFORMED;
    uint32_t header = (tcp[12] >> 4) * 4U;
    if (header < TCP_SIZE || header > size || !options_end(tcp + TCP_SIZE, header - TCP_SIZE))
        return DROP_MALFORMED;
    packet->source_port = get16(tcp);
    packet->destination_port = get16(tcp + 2);
    packet->sequence = get32(tcp + 4);
    packet->acknowledged = get32(tcp + 8);
    packet->tcp_flags = tcp[13] & 0x3f;
    uint8_t kind = packet->tcp_flags & (TCP_FLAG_SYN | TCP_FLAG_FIN | TCP_FLAG_RST);
    if (kind & (kind - 1)) /* SYN, FIN and RST exclude each other */
        return DROP_MALFORMED;
    if (!kind && !(packet->tcp_flags & TCP_FLAG_ACK))
        return DROP_MALFORMED;
    packet->tcp_length = size - header + ((kind & (TCP_FLAG_SYN | TCP_FLAG_FIN)) != 0);
    return FRAME_FORWARDED;
}

static enum verdict read_udp(const uint8_t *udp, uint32_t size, struct packet *packet) {
    if (size < UDP_SIZE || get16(udp + 4) < UDP_SIZE || get16(udp + 4) > size)
        return DROP_MALFORMED;
    packet->source_port = get16(udp);
    packet->destination_port = get16(udp + 2);
    return FRAME_FORWARDED;
}

/* What an "unreachable" quotes of the packet that it answers. */
struct quoted {
    uint32_t source, destination;
    uint8_t protocol;
    const uint8_t *ports;
};

/* The packet that is quoted was sent by the destination of this one: turned round, it is an
 * ordinary packet of the flow in the direction of the answer. */
static enum verdict read_quoted(const struct quoted *quoted, struct packet *packet) {
    if (quoted->source != packet->destination || quoted->destination != packet->source)
        return DROP_MALFORMED;
    if (quoted->protocol != PROTOCOL_UDP && quoted->protocol != PROTOCOL_TCP)
        return DROP_PROTOCOL;
    packet->protocol = quoted->protocol;
    packet->source_port = get16(quoted->ports + 2);
    packet->destination_port = get16(quoted->ports);
    packet->tcp_flags = TCP_FLAG_ACK;
    return FRAME_FORWARDED;
}

static enum verdict read_unreachable(const uint8_t *ip, uint32_t size, struct packet *packet) {
    if (size < IPV4_SIZE)
        return DROP_MALFORMED;
    uint32_t header = (ip[0] & 15) * 4U;
    if (ip[0] >> 4 != 4 || header < IPV4_SIZE || size < header + 4)
        return DROP_MALFORMED;
    return read_quoted(
        &(struct quoted){get32(ip + 12), get32(ip + 16), ip[9], .ports = ip + header}, packet);
}

static enum verdict read_icmp(const uint8_t *icmp, uint32_t size, struct packet *packet) {
    if (size < ICMP_SIZE)
        return DROP_MALFORMED;
    packet->icmp_type = icmp[0];
    if (icmp[0] == ICMP_UNREACHABLE)
        return read_unreachable(icmp + ICMP_SIZE, size - ICMP_SIZE, packet);
    if ((icmp[0] != ICMP_REQUEST && icmp[0] != ICMP_REPLY) || icmp[1] != 0)
        return DROP_PROTOCOL;
    packet->source_port = packet->destination_port = get16(icmp + 4); /* the identifier */
    return FRAME_FORWARDED;
}

static enum verdict read_ipv4(const uint8_t *ip, uint32_t size, uint32_t source,
                              struct packet *packet) {
    if (size < IPV4_SIZE || ip[0] >> 4 != 4)
        return DROP_MALFORMED;
    uint32_t header = (ip[0] & 15) * 4U;
    uint32_t total = get16(ip + 2); /* what follows is padding of short frames */
    if (header < IPV4_SIZE || total < header || total > size)
        return DROP_MALFORMED;
    packet->source = get32(ip + 12);
    packet->destination = get32(ip + 16);
    if (packet->source != source)
        return DROP_SPOOFED_IP;
    if (packet->destination >= 0xe0000000U) /* multicast, reserved, broadcast */
        return DROP_MULTICAST;
    if (get16(ip + 6) & 0x3fff)
        return DROP_FRAGMENT;
    packet->protocol = ip[9];
    switch (packet->protocol) {
    case PROTOCOL_TCP:
        return read_tcp(ip + header, total - header, packet);
    case PROTOCOL_UDP:
        return read_udp(ip + header, total - header, packet);
    case PROTOCOL_ICMP:
        return read_icmp(ip + header, total - header, packet);
    default:
        return DROP_PROTOCOL;
    }
}

const uint8_t link_local[LINK_LOCAL_SIZE] = {0xfe, 0x80, [9] = 0x6b};

static bool read_link_local(const uint8_t *bytes, uint32_t *address) {
    *address = (uint32_t)bytes[10] << 24 | (uint32_t)bytes[13] << 16 | get16(bytes + 14);
    return memcmp(bytes, link_local, LINK_LOCAL_SIZE) == 0 && get16(bytes + 11) == 0xfffe;
}

static enum verdict read_unreachable_6(const uint8_t *ip, uint32_t size, struct packet *packet) {
    struct quoted quoted;
    if (size < IPV6_SIZE + 4 || ip[0] >> 4 != 6 || !read_link_local(ip + 8, &quoted.source) ||
        !read_link_local(ip + 24, &quoted.destination))
        return DROP_MALFORMED;
    quoted.protocol = ip[6];
    quoted.ports = ip + IPV6_SIZE;
    return read_quoted(&quoted, packet);
}

/* RFC 4443. Neighbours are not asked for, so that part of ICMPv6 (RFC 4861) does not pass. */
static enum verdict read_icmp_6(const uint8_t *icmp, uint32_t size, struct packet *packet) {
    enum { UNREACHABLE = 1, REQUEST = 128, REPLY = 129 };
    if (size < ICMP_SIZE)
        return DROP_MALFORMED;
    packet->protocol = PROTOCOL_ICMP;
    if (icmp[0] == UNREACHABLE) {
        packet->icmp_type = ICMP_UNREACHABLE;
        return read_unreachable_6(icmp + ICMP_SIZE, size - ICMP_SIZE, packet);
    }
    if ((icmp[0] != REQUEST && icmp[0] != REPLY) || icmp[1] != 0)
        return DROP_PROTOCOL;
    packet->icmp_type = icmp[0] == REQUEST ? ICMP_REQUEST : ICMP_REPLY;
    packet->source_port = packet->destination_port = get16(icmp + 4); /* the identifier */
    return FRAME_FORWARDED;
}

/* What would have to be stepped over to find the ports (RFC 8200, 4.1) does not pass. */
static enum verdict read_ipv6(const uint8_t *ip, uint32_t size, uint32_t source,
                              struct packet *packet) {
    enum { FRAGMENT_HEADER = 44, ICMP_6 = 58 };
    if (size < IPV6_SIZE || ip[0] >> 4 != 6)
        return DROP_MALFORMED;
    uint32_t length = get16(ip + 4); /* what follows is padding of short frames */
    if (length > size - IPV6_SIZE)
        return DROP_MALFORMED;
    if (!read_link_local(ip + 8, &packet->source) || packet->source != source)
        return DROP_SPOOFED_IP;
    if (ip[24] == 0xff)
        return DROP_MULTICAST;
    if (!read_link_local(ip + 24, &packet->destination))
        return DROP_UNKNOWN_DESTINATION;
    packet->protocol = ip[6];
    switch (packet->protocol) {
    case PROTOCOL_TCP:
        return read_tcp(ip + IPV6_SIZE, length, packet);
    case PROTOCOL_UDP:
        return read_udp(ip + IPV6_SIZE, length, packet);
    case ICMP_6:
        return read_icmp_6(ip + IPV6_SIZE, length, packet);
    case FRAGMENT_HEADER:
        return DROP_FRAGMENT;
    default:
        return DROP_PROTOCOL;
    }
}

enum verdict frame_read(const uint8_t *frame, uint32_t size, uint32_t source,
                        struct packet *packet) {
    memset(packet, 0, sizeof(*packet));
    if (size < ETHERNET_SIZE || size > FRAME_MAX)
        return DROP_MALFORMED;
    if (get16(frame + 6) != MAC_PREFIX || get32(frame + 8) != source)
        return DROP_SPOOFED_MAC;
    uint16_t type = get16(frame + 12);
    if (type != ETHERNET_IPV4 && type != ETHERNET_IPV6)
        return DROP_NOT_IP;
    if (frame[0] & 1)
        return DROP_MULTICAST;
    packet->six = type == ETHERNET_IPV6;
    return (packet->six ? read_ipv6 : read_ipv4)(frame + ETHERNET_SIZE, size - ETHERNET_SIZE,
                                                 source, packet);
}
