/* Datagrams, and what they and others are on the wire. */
#include "lwip/inet_chksum.h"
#include "lwip/ip.h"
#include "lwip/netif.h"
#include "net/ethernet.h"
#include "net/net.h"
#include "net_test/cases.h"
#include "net_test/sockets.h"
#include "net_test/wire.h"

static void datagrams(void) {
    struct file *a = make(AF_INET, SOCK_DGRAM, 0, O_NONBLOCK);
    struct file *b = make(AF_INET, SOCK_DGRAM, 0, O_NONBLOCK);
    const struct socket_address any = at("127.0.0.1", 0);
    struct socket_address from;
    char bytes[8];
    int flags;
    CHECK_EQUAL(b->socket->bind(b, &any), 0);
    CHECK_EQUAL(put_to(a, "four", 4, at("127.0.0.1", port_of(b))), 4);
    CHECK_EQUAL(put_to(a, "", 0, at("127.0.0.1", port_of(b))), 0);
    CHECK_EQUAL(get_with(b, bytes, 2, MSG_TRUNC, &from, &flags), 4);
    CHECK_EQUAL(flags, MSG_TRUNC);
    CHECK_EQUAL(get(b, bytes, 8), 0);
    CHECK_EQUAL(get(b, bytes, 8), -EAGAIN);
    CHECK_EQUAL(put_to(b, "back", 4, from), 4);
    CHECK_EQUAL(get(a, bytes, 8), 4);
    CHECK_EQUAL(put(a, "x", 1), -EDESTADDRREQ);
    /* A connected socket hears that nobody is there. */
    uint16_t port = port_of(b);
    file_put(b);
    const struct socket_address gone = at("127.0.0.1", port);
    CHECK_EQUAL(a->socket->connect(a, &gone), 0);
    CHECK_EQUAL(put(a, "x", 1), 1);
    CHECK(poll_of(a) & EPOLLERR);
    CHECK_EQUAL(get(a, bytes, 8), -ECONNREFUSED);
    file_put(a);
}

static void neighbours_have_macs_of_their_address(void) {
    struct file *udp = make(AF_INET, SOCK_DGRAM, 0, O_NONBLOCK);
    on_wire = 0;
    CHECK_EQUAL(put_to(udp, "hi", 2, at("10.77.0.9", 53)), 2);
    CHECK_EQUAL(put_to(udp, "hi", 2, at("192.0.2.1", 53)), 2);
    CHECK_EQUAL(on_wire, 2);
    static const uint8_t on_link[14] = {0x02, 0x6b, 10, 77, 0, 9, 0x02, 0x6b, 10, 77, 0, 5, 8, 0};
    static const uint8_t gateway[6] = {0x02, 0x6b, 10, 77, 0, 1};
    CHECK(memcmp(frame(0), on_link, 14) == 0);
    CHECK(memcmp(frame(1), gateway, 6) == 0);
    CHECK_EQUAL(inet_chksum(frame(0) + 14, 20), 0);
    CHECK(frame(0)[14 + 20 + 6] != 0 || frame(0)[14 + 20 + 7] != 0); /* software checksum */
    /* A full queue: try again, without growing a second header. */
    wire_full = true;
    CHECK_EQUAL(put_to(udp, "hi", 2, at("10.77.0.9", 53)), -EAGAIN);
    wire_full = false;
    file_put(udp);
}

static void the_device_computes_checksums(void) {
    struct file *udp = make(AF_INET, SOCK_DGRAM, 0, O_NONBLOCK);
    struct netif *netif = net_ethernet();
    u16_t flags = netif->chksum_flags;
    device.checksums_out = true;
    NETIF_SET_CHECKSUM_CTRL(netif, flags & ~(NETIF_CHECKSUM_GEN_TCP | NETIF_CHECKSUM_GEN_UDP));
    on_wire = 0;
    CHECK_EQUAL(put_to(udp, "odd", 3, at("10.77.0.9", 53)), 3);
    CHECK_EQUAL(wire[0].checksum.start, 34);
    CHECK_EQUAL(wire[0].checksum.offset, 6);
    /* What the device does: the sum from `start` to the end, over the pseudo header's that is
     * there. */
    uint8_t *start = wire[0].bytes + 34;
    uint16_t sum = inet_chksum(start, (u16_t)(wire[0].size - 34));
    memcpy(start + 6, &sum, 2);
    struct pbuf *datagram = pbuf_alloc(PBUF_RAW, (u16_t)(wire[0].size - 34), PBUF_RAM);
    pbuf_take(datagram, start, datagram->tot_len);
    ip_addr_t source, destination;
    memcpy(&source, wire[0].bytes + 26, 4);
    memcpy(&destination, wire[0].bytes + 30, 4);
    CHECK_EQUAL(ip_chksum_pseudo(datagram, 17, datagram->tot_len, &source, &destination), 0);
    pbuf_free(datagram);
    device.checksums_out = false;
    NETIF_SET_CHECKSUM_CTRL(netif, flags);
    file_put(udp);
}

/* A UDP packet for us, from port 53. */
static void arrive_datagram(uint16_t port, uint16_t checksum, bool verified) {
    uint8_t bytes[BEHIND_IP + 12];
    const uint16_t header[4] = {lwip_htons(53), lwip_htons(port), lwip_htons(12),
                                lwip_htons(checksum)};
    begin_packet(bytes, IPPROTO_UDP, 12);
    memcpy(bytes + BEHIND_IP, header, 8);
    memcpy(bytes + BEHIND_IP + 8, "data", 4);
    arrive(bytes, sizeof(bytes), verified);
}

static void what_arrives_is_checked_unless_the_device_did(void) {
    struct file *udp = make(AF_INET, SOCK_DGRAM, 0, O_NONBLOCK);
    const struct socket_address own = at("0.0.0.0", 7777);
    char bytes[8];
    CHECK_EQUAL(udp->socket->bind(udp, &own), 0);
    arrive_datagram(7777, 0xbad1, false);
    CHECK_EQUAL(get(udp, bytes, 8), -EAGAIN);
    arrive_datagram(7777, 0xbad1, true);
    CHECK_EQUAL(get(udp, bytes, 8), 4);
    arrive_datagram(7777, 0xbad1, false); /* "verified" was for that one packet */
    CHECK_EQUAL(get(udp, bytes, 8), -EAGAIN);
    arrive_datagram(7777, 0, false); /* none */
    CHECK_EQUAL(get(udp, bytes, 8), 4);
    file_put(udp);
    on_wire = 0;
    arrive_datagram(7778, 0, false); /* closed: ICMP port unreachable */
    CHECK_EQUAL(on_wire, 1);
    CHECK_EQUAL(frame(0)[23], 1);
    CHECK_EQUAL(frame(0)[34], 3);
    CHECK_EQUAL(frame(0)[35], 3);
}

static void broken_frames_are_dropped(void) {
    for (u16_t size = 0; size < 60; size++) {
        uint8_t bytes[60] = {0x02, 0x6b, 10, 77, 0, 5, 0, 0, 0, 0, 0, 0, 8, 0, 0x4f, 0, 0xff, 0xff};
        bytes[14 + 9] = (uint8_t)(size % 3 == 0 ? 6 : size % 3 == 1 ? 17 : 1);
        arrive(bytes, size, true);
    }
}

/* What a hostile service would use. */
static void forged_packets_and_frames(void) {
    struct file *raw = make(AF_INET, SOCK_RAW, IPPROTO_RAW, O_NONBLOCK);
    uint8_t packet[24] = {0x45, 0, 0, 0, 0, 1, 0, 0, 64, 17, 0, 0, 10, 77, 0, 66, 10, 77, 0, 9};
    on_wire = 0;
    CHECK_EQUAL(put_to(raw, packet, sizeof(packet), at("10.77.0.9", 0)), sizeof(packet));
    CHECK_EQUAL(frame(0)[14 + 15], 66); /* the source is as it was given */
    CHECK_EQUAL(inet_chksum(frame(0) + 14, 20), 0);
    file_put(raw);

    struct file *all = make(AF_PACKET, SOCK_RAW, 0x0300, O_NONBLOCK); /* ETH_P_ALL */
    struct socket_address ll = {.size = 20};
    ll.bytes[0] = AF_PACKET;
    ll.bytes[4] = 2; /* eth0 */
    CHECK_EQUAL(all->socket->bind(all, &ll), 0);
    uint8_t forged[60] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0xb5};
    on_wire = 0;
    CHECK_EQUAL(put(all, forged, sizeof(forged)), sizeof(forged));
    CHECK(memcmp(frame(0), forged, sizeof(forged)) == 0);
    uint8_t seen[60];
    CHECK_EQUAL(get(all, seen, sizeof(seen)), 60); /* its own, going out */
    arrive_datagram(9, 0, false);
    CHECK_EQUAL(get(all, seen, sizeof(seen)), 46);
    file_put(all);
}

void frame_cases(void) {
    RUN(datagrams);
    RUN(neighbours_have_macs_of_their_address);
    RUN(the_device_computes_checksums);
    RUN(what_arrives_is_checked_unless_the_device_did);
    RUN(broken_frames_are_dropped);
    RUN(forged_packets_and_frames);
}
