/* Sockets over lwIP on the host: TCP and UDP over loopback, and frames on a wire that the test
 * holds. */
#include "abi/boot.h"
#include "check.h"
#include "core/boot.h"
#include "core/pages.h"
#include "core/start.h"
#include "linux/errno.h"
#include "lwip/inet_chksum.h"
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"
#include "net/device.h"
#include "net/ethernet.h"
#include "net/inet_socket.h"
#include "net/net.h"
#include "net/socket_types.h"
#include "net/tcp/tcp_socket.h"
#include "net/tcp/timers.h"
#include "shims/shims.h"

struct boot boot;

void inode_release(struct inode *inode) {
    (void)inode; /* sockets have none */
}

/* ---- the device: a wire that keeps the frames ---- */

static struct {
    uint8_t bytes[2048];
    uint16_t size;
    struct checksum_request checksum;
} wire[64];
static unsigned on_wire;
static bool wire_full;

static bool transmit(struct pbuf *frame, struct checksum_request checksum) {
    if (wire_full)
        return false;
    CHECK(on_wire < ARRAY_SIZE(wire));
    wire[on_wire].size = pbuf_copy_partial(frame, wire[on_wire].bytes, 2048, 0);
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

static struct net_device device = {
    .start = device_start,
    .transmit = transmit,
    .reclaim = reclaim,
};

/* ---- the system calls' side ---- */

static const struct socket_family *families[64];

int (*socket_interface_ioctl)(unsigned command, uaddr_t argument);

void socket_register(const struct socket_family *family) {
    families[family->family] = family;
}

static struct file *make(int family, int type, int protocol, int flags) {
    struct file *file;
    CHECK_EQUAL(families[family]->create(type, protocol, flags, &file), 0);
    return file;
}

static struct file *tcp(void) {
    return make(AF_INET, SOCK_STREAM, 0, O_NONBLOCK);
}

static struct socket_address at(const char *ip, uint16_t port) {
    unsigned a, b, c, d;
    CHECK(sscanf(ip, "%u.%u.%u.%u", &a, &b, &c, &d) == 4);
    ip_addr_t address;
    struct socket_address result = {0};
    ip_addr_set_ip4_u32_val(address, a | b << 8 | c << 16 | d << 24);
    inet_write_address(&result, &address, port);
    return result;
}

static uint16_t port_of(struct file *file) {
    struct socket_address name;
    ip_addr_t address;
    uint16_t port;
    CHECK_EQUAL(file->socket->get_name(file, &name, false), 0);
    CHECK_EQUAL(inet_parse_address(&name, &address, &port), 0);
    return port;
}

static ssize_t put(struct file *file, const void *bytes, size_t size) {
    const struct socket_address none = {0};
    const struct iovec vector = {(uaddr_t)bytes, size};
    struct io io;
    io_init(&io, &vector, 1);
    return file->socket->send(file, &io, MSG_NOSIGNAL, &none, NULL);
}

static ssize_t put_to(struct file *file, const void *bytes, size_t size, struct socket_address to) {
    const struct iovec vector = {(uaddr_t)bytes, size};
    struct io io;
    io_init(&io, &vector, 1);
    return file->socket->send(file, &io, 0, &to, NULL);
}

static ssize_t get_with(struct file *file, void *bytes, size_t size, int flags,
                        struct socket_address *from, int *flags_out) {
    const struct iovec vector = {(uaddr_t)bytes, size};
    struct io io;
    io_init(&io, &vector, 1);
    return file->socket->receive(file, &io, flags, from, flags_out, NULL);
}

static ssize_t get(struct file *file, void *bytes, size_t size) {
    struct socket_address from;
    int flags;
    return get_with(file, bytes, size, 0, &from, &flags);
}

static int option(struct file *file, int level, int name) {
    int value = -1;
    uint32_t size = sizeof(value);
    CHECK_EQUAL(file->socket->get_option(file, level, name, &value, &size), 0);
    return value;
}

static void set(struct file *file, int level, int name, int value) {
    CHECK_EQUAL(file->socket->set_option(file, level, name, &value, sizeof(value)), 0);
}

static uint32_t poll_of(struct file *file) {
    return file->ops->poll(file);
}

#define SO_REUSEADDR 2
#define SO_ERROR 4
#define SO_LINGER 13

static struct file *listener(uint16_t port, int backlog) {
    struct file *file = tcp();
    const struct socket_address address = at("127.0.0.1", port);
    set(file, SOL_SOCKET, SO_REUSEADDR, 1);
    CHECK_EQUAL(file->socket->bind(file, &address), 0);
    CHECK_EQUAL(file->socket->listen(file, backlog), 0);
    return file;
}

static int connect_to(struct file *file, const char *ip, uint16_t port) {
    const struct socket_address address = at(ip, port);
    int result = file->socket->connect(file, &address);
    return result == -EINPROGRESS ? 0 : result;
}

static void pair(struct file *ends[2]) {
    struct file *server = listener(0, 5);
    struct socket_address peer;
    ends[0] = tcp();
    CHECK_EQUAL(connect_to(ends[0], "127.0.0.1", port_of(server)), 0);
    CHECK(poll_of(server) == EPOLLIN);
    CHECK_EQUAL(server->socket->accept(server, &ends[1], &peer), 0);
    ends[1]->flags |= O_NONBLOCK;
    file_put(server);
}

/* ---- TCP over loopback ---- */

static void bytes_go_both_ways(void) {
    struct file *ends[2];
    char bytes[16];
    pair(ends);
    CHECK_EQUAL(poll_of(ends[0]), EPOLLOUT);
    CHECK_EQUAL(get(ends[0], bytes, sizeof(bytes)), -EAGAIN);
    CHECK_EQUAL(put(ends[0], "hello", 5), 5);
    CHECK_EQUAL(poll_of(ends[1]), EPOLLIN | EPOLLOUT);
    CHECK_EQUAL(get(ends[1], bytes, 2), 2);
    CHECK_EQUAL(get(ends[1], bytes + 2, 14), 3);
    CHECK(memcmp(bytes, "hello", 5) == 0);
    CHECK_EQUAL(put(ends[1], "world", 5), 5);
    CHECK_EQUAL(get(ends[0], bytes, 16), 5);
    file_put(ends[0]);
    file_put(ends[1]);
}

static void peeking_leaves_the_bytes(void) {
    struct file *ends[2];
    struct socket_address from;
    char bytes[8];
    int flags;
    pair(ends);
    put(ends[0], "abc", 3);
    CHECK_EQUAL(get_with(ends[1], bytes, 8, MSG_PEEK, &from, &flags), 3);
    CHECK_EQUAL(get_with(ends[1], bytes, 2, MSG_WAITALL, &from, &flags), 2);
    CHECK_EQUAL(get(ends[1], bytes, 8), 1);
    CHECK_EQUAL(bytes[0], 'c');
    file_put(ends[0]);
    file_put(ends[1]);
}

static void half_close(void) {
    struct file *ends[2];
    char bytes[8];
    pair(ends);
    put(ends[0], "last", 4);
    CHECK_EQUAL(ends[0]->socket->shutdown(ends[0], SHUT_WR), 0);
    CHECK_EQUAL(put(ends[0], "x", 1), -EPIPE);
    CHECK_EQUAL(poll_of(ends[1]), EPOLLIN | EPOLLRDHUP | EPOLLOUT);
    CHECK_EQUAL(get(ends[1], bytes, 8), 4);
    CHECK_EQUAL(get(ends[1], bytes, 8), 0);
    CHECK_EQUAL(put(ends[1], "answer", 6), 6);
    CHECK_EQUAL(get(ends[0], bytes, 8), 6);
    file_put(ends[1]);
    CHECK_EQUAL(get(ends[0], bytes, 8), 0);
    CHECK(poll_of(ends[0]) & EPOLLHUP);
    shim_advance(200 * NANOS_PER_SECOND); /* TIME_WAIT ends, nothing of it is ours any more */
    CHECK_EQUAL(get(ends[0], bytes, 8), 0);
    file_put(ends[0]);
}

/* Everything that is written arrives, in order, while the reader is slow. */
static void back_pressure(void) {
    enum { CHUNK = 5000, WHOLE = 3 * 1000 * 1000 };
    static uint8_t out[CHUNK], in[CHUNK];
    struct file *ends[2];
    uint32_t sent = 0, read = 0;
    bool refused = false;
    pair(ends);
    while (read < WHOLE) {
        while (sent < WHOLE) {
            for (unsigned i = 0; i < CHUNK; i++)
                out[i] = (uint8_t)((sent + i) * 31 >> 3);
            ssize_t part = put(ends[0], out, MIN((uint32_t)CHUNK, WHOLE - sent));
            if (part == -EAGAIN) {
                refused = true;
                CHECK(!(poll_of(ends[0]) & EPOLLOUT));
                break;
            }
            CHECK(part > 0);
            sent += (uint32_t)part;
        }
        ssize_t part = get(ends[1], in, CHUNK);
        if (part == -EAGAIN) {
            shim_advance(50 * NANOS_PER_MS);
            continue;
        }
        CHECK(part > 0);
        for (ssize_t i = 0; i < part; i++)
            CHECK_EQUAL(in[i], (uint8_t)((read + (uint32_t)i) * 31 >> 3));
        read += (uint32_t)part;
    }
    CHECK(refused);
    shim_advance(NANOS_PER_SECOND);
    CHECK(poll_of(ends[0]) & EPOLLOUT);
    file_put(ends[0]);
    file_put(ends[1]);
}

static size_t all_unread(struct file *pairs[][2], size_t count) {
    size_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += tcp_socket_of(pairs[i][1])->received;
    return sum;
}

/* Many connections that nobody reads hold a part of the memory, and lose nothing. */
static void unread_bytes_are_bounded(void) {
    enum { PAIRS = 32, CHUNK = 4096, EACH = 128 * 1024 };
    static struct file *pairs[PAIRS][2];
    static uint8_t bytes[CHUNK];
    uint32_t sent[PAIRS] = {0}, read[PAIRS] = {0};
    for (size_t i = 0; i < PAIRS; i++)
        pair(pairs[i]);
    for (size_t i = 0; i < PAIRS; i++)
        for (ssize_t part = 1; part > 0 && sent[i] < EACH;
             sent[i] += part > 0 ? (uint32_t)part : 0) {
            memset(bytes, (int)(sent[i] / CHUNK), CHUNK);
            part = put(pairs[i][0], bytes, CHUNK - sent[i] % CHUNK);
        }
    shim_advance(5 * NANOS_PER_SECOND);
    size_t limit = pages_total() * PAGE_SIZE / 8;
    CHECK(all_unread(pairs, PAIRS) > limit / 2);
    CHECK(all_unread(pairs, PAIRS) <= limit + PAIRS * 9000);
    for (size_t i = 0; i < PAIRS; i++) {
        if (i % 2)
            pairs[i][0]->socket->shutdown(pairs[i][0], SHUT_WR);
        for (int waits = 0; read[i] < sent[i] && waits < 2000;) {
            ssize_t part = get(pairs[i][1], bytes, CHUNK);
            if (part == -EAGAIN) {
                shim_advance(50 * NANOS_PER_MS);
                waits++;
                continue;
            }
            CHECK(part > 0);
            for (ssize_t at = 0; at < part; at++)
                CHECK_EQUAL(bytes[at], (uint8_t)((read[i] + (uint32_t)at) / CHUNK));
            read[i] += (uint32_t)part;
        }
        CHECK_EQUAL(read[i], sent[i]);
        if (i % 2)
            CHECK_EQUAL(get(pairs[i][1], bytes, CHUNK), 0);
        file_put(pairs[i][0]);
        file_put(pairs[i][1]);
    }
}

static void many_small_segments(void) {
    struct file *ends[2];
    static char in[30000];
    pair(ends);
    set(ends[0], SOL_TCP, 1, 1); /* TCP_NODELAY */
    for (int i = 0; i < 5000; i++)
        CHECK_EQUAL(put(ends[0], "abcde", 5), 5);
    size_t read = 0;
    while (read < 25000) {
        ssize_t part = get(ends[1], in + read, 7777);
        CHECK(part > 0);
        read += (size_t)part;
    }
    for (int i = 0; i < 25000; i++)
        CHECK_EQUAL(in[i], "abcde"[i % 5]);
    file_put(ends[0]);
    file_put(ends[1]);
}

static void nobody_listens(void) {
    struct file *file = tcp();
    CHECK_EQUAL(connect_to(file, "127.0.0.1", 9), 0); /* it is in progress */
    CHECK(poll_of(file) & EPOLLERR);
    CHECK_EQUAL(connect_to(file, "127.0.0.1", 9), -ECONNREFUSED);
    CHECK_EQUAL(connect_to(file, "127.0.0.1", 9), 0); /* may be tried again */
    CHECK_EQUAL(option(file, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
    file_put(file);
}

static void unread_data_resets(void) {
    struct file *ends[2];
    char byte;
    pair(ends);
    put(ends[0], "unread", 6);
    file_put(ends[1]);
    CHECK(poll_of(ends[0]) & EPOLLERR);
    CHECK_EQUAL(option(ends[0], SOL_SOCKET, SO_ERROR), ECONNRESET);
    CHECK_EQUAL(option(ends[0], SOL_SOCKET, SO_ERROR), 0);
    CHECK_EQUAL(get(ends[0], &byte, 1), 0);
    CHECK_EQUAL(put(ends[0], "x", 1), -EPIPE);
    file_put(ends[0]);
}

static void linger_of_zero_resets(void) {
    struct file *ends[2];
    const int32_t linger[2] = {1, 0};
    char byte;
    pair(ends);
    ends[0]->socket->set_option(ends[0], SOL_SOCKET, SO_LINGER, linger, sizeof(linger));
    file_put(ends[0]);
    CHECK_EQUAL(get(ends[1], &byte, 1), -ECONNRESET);
    file_put(ends[1]);
}

static void the_backlog_is_a_queue(void) {
    struct file *server = listener(0, 1), *clients[4], *accepted;
    struct socket_address peer;
    uint16_t port = port_of(server);
    for (int i = 0; i < 4; i++) {
        clients[i] = tcp();
        CHECK_EQUAL(connect_to(clients[i], "127.0.0.1", port), 0);
    }
    CHECK(poll_of(clients[1]) & EPOLLOUT);
    CHECK(!(poll_of(clients[2]) & EPOLLOUT)); /* backlog + 1 are in; these wait */
    CHECK(!(poll_of(clients[3]) & EPOLLOUT));
    for (int i = 0; i < 2; i++) {
        CHECK_EQUAL(server->socket->accept(server, &accepted, &peer), 0);
        file_put(accepted);
    }
    shim_advance(7 * NANOS_PER_SECOND); /* the SYN is sent again */
    CHECK(poll_of(clients[2]) & EPOLLOUT);
    CHECK(poll_of(clients[3]) & EPOLLOUT);
    file_put(server); /* with two in its queue, which are reset */
    CHECK(poll_of(clients[3]) & EPOLLERR);
    for (int i = 0; i < 4; i++)
        file_put(clients[i]);
}

static void ports_are_taken_once(void) {
    struct file *server = listener(4000, 5), *second = tcp();
    const struct socket_address address = at("0.0.0.0", 4000), foreign = at("10.77.0.6", 1);
    set(second, SOL_SOCKET, SO_REUSEADDR, 1);
    CHECK_EQUAL(second->socket->bind(second, &address), -EADDRINUSE);
    CHECK_EQUAL(second->socket->bind(second, &foreign), -EADDRNOTAVAIL);
    file_put(server);
    CHECK_EQUAL(second->socket->bind(second, &address), 0);
    file_put(second);
}

/* The server closes first, so its end is in TIME_WAIT; it can start anew, and the client reconnect
 * from its port. */
static void time_wait_is_no_obstacle(void) {
    struct file *server = listener(4001, 5), *client = tcp(), *accepted;
    const struct socket_address from = at("127.0.0.1", 5001);
    struct socket_address peer;
    for (int round = 0; round < 3; round++) {
        set(client, SOL_SOCKET, SO_REUSEADDR, 1);
        CHECK_EQUAL(client->socket->bind(client, &from), 0);
        CHECK_EQUAL(connect_to(client, "127.0.0.1", 4001), 0);
        CHECK_EQUAL(server->socket->accept(server, &accepted, &peer), 0);
        file_put(accepted);
        file_put(client);
        file_put(server);
        shim_advance(NANOS_PER_SECOND);
        server = listener(4001, 5);
        client = tcp();
    }
    file_put(server);
    file_put(client);
}

static void old_time_waits_give_way(void) {
    size_t count = 0;
    for (size_t i = 0; i < pages_total() / 8 + 50; i++) {
        struct file *ends[2];
        pair(ends);
        file_put(ends[0]);
        file_put(ends[1]);
    }
    for (const struct tcp_pcb *pcb = tcp_tw_pcbs; pcb != NULL; pcb = pcb->next)
        count++;
    CHECK(count > pages_total() / 8 - 10 && count <= pages_total() / 8 + 1);
    shim_advance(200 * NANOS_PER_SECOND);
    CHECK(tcp_tw_pcbs == NULL);
}

static void rest_needs_no_timer(void) {
    struct file *ends[2];
    shim_advance(100 * NANOS_PER_SECOND); /* the end of every TIME_WAIT */
    pair(ends);
    put(ends[0], "x", 1);
    shim_advance(2 * NANOS_PER_SECOND);
    CHECK(!net_timers_busy());
    nanos_t before = shim_now;
    CHECK(!net_timers_set());
    shim_advance(3600 * NANOS_PER_SECOND);
    CHECK_EQUAL(shim_now - before, 3600 * NANOS_PER_SECOND);
    char byte;
    CHECK_EQUAL(get(ends[1], &byte, 1), 1);
    CHECK_EQUAL(put(ends[1], "y", 1), 1);
    CHECK_EQUAL(get(ends[0], &byte, 1), 1);
    file_put(ends[0]);
    file_put(ends[1]);
}

static void a_blocking_read_times_out(void) {
    struct file *ends[2];
    const int64_t timeout[2] = {2, 500000};
    char byte;
    pair(ends);
    ends[0]->flags &= ~O_NONBLOCK;
    CHECK_EQUAL(ends[0]->socket->set_option(ends[0], SOL_SOCKET, 20, timeout, sizeof(timeout)), 0);
    nanos_t before = shim_now;
    CHECK_EQUAL(get(ends[0], &byte, 1), -EAGAIN);
    CHECK_EQUAL(shim_now - before, 2500 * NANOS_PER_MS);
    file_put(ends[0]);
    file_put(ends[1]);
}

/* ---- UDP ---- */

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

/* ---- the wire ---- */

static const uint8_t *frame(unsigned index) {
    CHECK(index < on_wire);
    return wire[index].bytes;
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

/* A UDP packet for us, from 10.77.0.9:53, as it comes from the wire. */
static void arrive(uint16_t port, uint16_t checksum, bool verified) {
    uint8_t bytes[14 + 20 + 8 + 4] = {0x02,
                                      0x6b,
                                      10,
                                      77,
                                      0,
                                      5,
                                      0x02,
                                      0x6b,
                                      10,
                                      77,
                                      0,
                                      9,
                                      8,
                                      0,
                                      0x45,
                                      0,
                                      0,
                                      32,
                                      0,
                                      1,
                                      0,
                                      0,
                                      64,
                                      17,
                                      0,
                                      0,
                                      10,
                                      77,
                                      0,
                                      9,
                                      10,
                                      77,
                                      0,
                                      5,
                                      0,
                                      53,
                                      (uint8_t)(port >> 8),
                                      (uint8_t)port,
                                      0,
                                      12,
                                      (uint8_t)(checksum >> 8),
                                      (uint8_t)checksum,
                                      'd',
                                      'a',
                                      't',
                                      'a'};
    uint16_t sum = inet_chksum(bytes + 14, 20);
    memcpy(bytes + 24, &sum, 2);
    struct pbuf *pbuf = pbuf_alloc(PBUF_RAW, sizeof(bytes), PBUF_RAM);
    pbuf_take(pbuf, bytes, sizeof(bytes));
    net_device_received(pbuf, verified);
    net_device_settle();
}

static void what_arrives_is_checked_unless_the_device_did(void) {
    struct file *udp = make(AF_INET, SOCK_DGRAM, 0, O_NONBLOCK);
    const struct socket_address own = at("0.0.0.0", 7777);
    char bytes[8];
    CHECK_EQUAL(udp->socket->bind(udp, &own), 0);
    arrive(7777, 0xbad1, false);
    CHECK_EQUAL(get(udp, bytes, 8), -EAGAIN);
    arrive(7777, 0xbad1, true);
    CHECK_EQUAL(get(udp, bytes, 8), 4);
    arrive(7777, 0xbad1, false); /* "verified" was for that one packet */
    CHECK_EQUAL(get(udp, bytes, 8), -EAGAIN);
    arrive(7777, 0, false); /* none */
    CHECK_EQUAL(get(udp, bytes, 8), 4);
    file_put(udp);
    on_wire = 0;
    arrive(7778, 0, false); /* closed: ICMP port unreachable */
    CHECK_EQUAL(on_wire, 1);
    CHECK_EQUAL(frame(0)[23], 1);
    CHECK_EQUAL(frame(0)[34], 3);
    CHECK_EQUAL(frame(0)[35], 3);
}

static void broken_frames_are_dropped(void) {
    for (u16_t size = 0; size < 60; size++) {
        struct pbuf *pbuf = pbuf_alloc(PBUF_RAW, size, PBUF_RAM);
        uint8_t bytes[60] = {0x02, 0x6b, 10, 77, 0, 5, 0, 0, 0, 0, 0, 0, 8, 0, 0x4f, 0, 0xff, 0xff};
        bytes[14 + 9] = (uint8_t)(size % 3 == 0 ? 6 : size % 3 == 1 ? 17 : 1);
        pbuf_take(pbuf, bytes, size);
        net_device_received(pbuf, true);
    }
    net_device_settle();
}

/* ---- ICMP errors, from a peer at 10.77.0.9 ---- */

enum { IP_AT = 14, BEHIND_IP = 34 };

/* What comes back for a frame of ours: its ends changed round, and this behind the header. */
static void arrive_for(const uint8_t *sent, uint8_t protocol, const uint8_t *payload,
                       uint16_t size) {
    uint8_t bytes[BEHIND_IP + 64] = {[12] = 8, [IP_AT] = 0x45, [IP_AT + 8] = 64};
    CHECK(size <= 64);
    memcpy(bytes, sent + 6, 6);
    memcpy(bytes + 6, sent, 6);
    bytes[IP_AT + 3] = (uint8_t)(20 + size);
    bytes[IP_AT + 9] = protocol;
    memcpy(bytes + IP_AT + 12, sent + IP_AT + 16, 4);
    memcpy(bytes + IP_AT + 16, sent + IP_AT + 12, 4);
    uint16_t sum = inet_chksum(bytes + IP_AT, 20);
    memcpy(bytes + IP_AT + 10, &sum, 2);
    memcpy(bytes + BEHIND_IP, payload, size);
    struct pbuf *pbuf = pbuf_alloc(PBUF_RAW, (u16_t)(BEHIND_IP + size), PBUF_RAM);
    pbuf_take(pbuf, bytes, pbuf->tot_len);
    net_device_received(pbuf, true);
    net_device_settle();
}

static void arrive_unreachable(const uint8_t *sent, uint8_t code) {
    uint8_t message[8 + 28] = {3, code};
    memcpy(message + 8, sent + IP_AT, 28);
    uint16_t sum = inet_chksum(message, sizeof(message));
    memcpy(message + 2, &sum, 2);
    arrive_for(sent, 1, message, sizeof(message));
}

/* The peer acknowledges all that a frame of ours has sent. */
static void arrive_ack(const uint8_t *sent, uint8_t flags, uint32_t sequence) {
    const uint8_t *tcp = sent + BEHIND_IP;
    uint32_t length = (uint32_t)(sent[IP_AT + 2] << 8 | sent[IP_AT + 3]) - 20 - (tcp[12] >> 4) * 4U;
    uint32_t next =
        (uint32_t)tcp[4] << 24 | (uint32_t)tcp[5] << 16 | (uint32_t)tcp[6] << 8 | tcp[7];
    next += length + ((tcp[13] & TCP_SYN) != 0);
    uint8_t answer[20] = {tcp[2], tcp[3], tcp[0], tcp[1], [12] = 0x50, [13] = flags, [14] = 0xff};
    for (int at = 0; at < 4; at++) {
        answer[4 + at] = (uint8_t)(sequence >> (24 - 8 * at));
        answer[8 + at] = (uint8_t)(next >> (24 - 8 * at));
    }
    arrive_for(sent, 6, answer, sizeof(answer));
}

static struct file *opening(void) {
    struct file *file = tcp();
    on_wire = 0;
    CHECK_EQUAL(connect_to(file, "10.77.0.9", 80), 0);
    CHECK_EQUAL(frame(0)[BEHIND_IP + 13], TCP_SYN);
    return file;
}

static void an_unreachable_peer_is_told_to_who_connects(void) {
    static const struct {
        uint8_t code;
        int error;
    } cases[] = {
        {0, ENETUNREACH}, {1, EHOSTUNREACH}, {2, ENOPROTOOPT},  {3, ECONNREFUSED},  {5, EOPNOTSUPP},
        {7, EHOSTDOWN},   {8, ENONET},       {11, ENETUNREACH}, {13, EHOSTUNREACH},
    };
    for (size_t at = 0; at < ARRAY_SIZE(cases); at++) {
        struct file *file = opening();
        arrive_unreachable(frame(0), cases[at].code);
        CHECK(poll_of(file) & EPOLLERR);
        CHECK_EQUAL(option(file, SOL_SOCKET, SO_ERROR), cases[at].error);
        file_put(file);
    }
}

static void what_is_no_error_of_ours_ends_nothing(void) {
    struct file *file = opening();
    uint8_t guessed[64];
    memcpy(guessed, frame(0), sizeof(guessed));
    guessed[BEHIND_IP + 5] ^= 1; /* another sequence number */
    arrive_unreachable(guessed, 1);
    arrive_unreachable(frame(0), 4); /* too large for a link on the way */
    CHECK_EQUAL(poll_of(file), 0);
    CHECK_EQUAL(option(file, SOL_SOCKET, SO_ERROR), 0);
    arrive_ack(frame(0), TCP_SYN | TCP_ACK, 5000);
    CHECK_EQUAL(poll_of(file), EPOLLOUT);
    file_put(file);
}

/* A connection that stands, has something under way, and has heard of an error. */
static struct file *told_of_an_error(void) {
    struct file *file = opening();
    arrive_ack(frame(0), TCP_SYN | TCP_ACK, 5000);
    on_wire = 0;
    CHECK_EQUAL(put(file, "x", 1), 1);
    arrive_unreachable(frame(0), 1);
    CHECK_EQUAL(option(file, SOL_SOCKET, SO_ERROR), 0);
    CHECK_EQUAL(poll_of(file), EPOLLOUT);
    return file;
}

static void wait_for_the_end(struct file *file) {
    for (int minute = 0; minute < 60 && !(poll_of(file) & EPOLLERR); minute++) {
        on_wire = 0;
        shim_advance(60 * NANOS_PER_SECOND);
    }
    CHECK(poll_of(file) & EPOLLERR);
}

static void a_connection_that_stands_remembers_an_error(void) {
    struct file *file = told_of_an_error();
    wait_for_the_end(file);
    CHECK_EQUAL(option(file, SOL_SOCKET, SO_ERROR), EHOSTUNREACH);
    file_put(file);

    file = told_of_an_error();
    arrive_ack(frame(0), TCP_ACK, 5001); /* the way is there again */
    CHECK_EQUAL(put(file, "y", 1), 1);
    wait_for_the_end(file);
    CHECK_EQUAL(option(file, SOL_SOCKET, SO_ERROR), ETIMEDOUT);
    file_put(file);
}

/* ---- what a hostile service would use ---- */

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
    arrive(9, 0, false);
    CHECK_EQUAL(get(all, seen, sizeof(seen)), 46);
    file_put(all);
}

/* A segment of a connection from 10.77.0.9, whose own numbers start with 0; `verified`, so it needs
 * no checksum. */
static void arrive_segment(uint16_t from, uint16_t to, uint8_t flags, uint32_t sequence,
                           uint32_t acknowledged) {
    uint8_t bytes[14 + 20 + 20] = {0x02, 0x6b, 10,   77, 0, 5,  0x02, 0x6b, 10, 77, 0,  9,
                                   8,    0,    0x45, 0,  0, 40, 0,    1,    0,  0,  64, 6,
                                   0,    0,    10,   77, 0, 9,  10,   77,   0,  5};
    const uint16_t ports[2] = {lwip_htons(from), lwip_htons(to)};
    const uint32_t numbers[2] = {lwip_htonl(sequence), lwip_htonl(acknowledged)};
    memcpy(bytes + 34, ports, 4);
    memcpy(bytes + 38, numbers, 8);
    bytes[46] = 0x50;
    bytes[47] = flags;
    bytes[48] = 0x10; /* the window */
    uint16_t sum = inet_chksum(bytes + 14, 20);
    memcpy(bytes + 24, &sum, 2);
    struct pbuf *pbuf = pbuf_alloc(PBUF_RAW, sizeof(bytes), PBUF_RAM);
    pbuf_take(pbuf, bytes, sizeof(bytes));
    net_device_received(pbuf, true);
    net_device_settle();
}

static uint32_t word(const uint8_t *bytes) {
    uint32_t value;
    memcpy(&value, bytes, 4);
    return lwip_ntohl(value);
}

/* Many ask at once: those that are answered get in, however full the queue is by then; the others
 * hear nothing, and ask again. Nobody is reset. */
static void whoever_is_answered_gets_in(void) {
    enum { BACKLOG = 3, PEERS = 20, SYN = 2, RST = 4, ACK = 16, FLAGS = 34 + 13 };
    struct file *server = tcp(), *accepted;
    const struct socket_address own = at("10.77.0.5", 4010);
    struct socket_address peer;
    uint32_t numbers[PEERS];
    unsigned answered = 0, in = 0;
    CHECK_EQUAL(server->socket->bind(server, &own), 0);
    CHECK_EQUAL(server->socket->listen(server, BACKLOG), 0);
    for (uint16_t at = 0; at < PEERS; at++) {
        on_wire = 0;
        arrive_segment((uint16_t)(6000 + at), 4010, SYN, 0, 0);
        if (on_wire == 0)
            continue;
        CHECK_EQUAL(frame(0)[FLAGS], SYN | ACK);
        numbers[at] = word(frame(0) + 34 + 4);
        CHECK_EQUAL(at, answered++); /* the first ones */
    }
    CHECK_EQUAL(answered, BACKLOG + 1);
    on_wire = 0;
    for (uint16_t at = 0; at < answered; at++)
        arrive_segment((uint16_t)(6000 + at), 4010, ACK, 1, numbers[at] + 1);
    arrive_segment(6000 + PEERS, 4010, SYN, 0, 0); /* the queue is full now */
    CHECK_EQUAL(on_wire, 0);
    while (server->socket->accept(server, &accepted, &peer) == 0) {
        arrive_segment((uint16_t)(6000 + in++), 4010, RST, 1, 0);
        file_put(accepted);
    }
    CHECK_EQUAL(in, answered);
    on_wire = 0;
    arrive_segment(6000 + PEERS, 4010, SYN, 0, 0);
    CHECK(on_wire == 1 && !(frame(0)[FLAGS] & RST));
    arrive_segment(6000 + PEERS, 4010, RST, 1, 0);
    file_put(server);
}

int main(void) {
    boot.address = 10 | 77 << 8 | 5u << 24;
    boot.netmask = 0x0000ffff;
    boot.gateway = 10 | 77 << 8 | 1u << 24;
    net_device_register(&device);
    start_libraries(START_NETWORK);
    RUN(bytes_go_both_ways);
    RUN(peeking_leaves_the_bytes);
    RUN(half_close);
    RUN(back_pressure);
    RUN(unread_bytes_are_bounded);
    RUN(many_small_segments);
    RUN(nobody_listens);
    RUN(unread_data_resets);
    RUN(linger_of_zero_resets);
    RUN(the_backlog_is_a_queue);
    RUN(whoever_is_answered_gets_in);
    RUN(ports_are_taken_once);
    RUN(time_wait_is_no_obstacle);
    RUN(old_time_waits_give_way);
    RUN(rest_needs_no_timer);
    RUN(a_blocking_read_times_out);
    RUN(datagrams);
    RUN(neighbours_have_macs_of_their_address);
    RUN(the_device_computes_checksums);
    RUN(what_arrives_is_checked_unless_the_device_did);
    RUN(broken_frames_are_dropped);
    RUN(an_unreachable_peer_is_told_to_who_connects);
    RUN(what_is_no_error_of_ours_ends_nothing);
    RUN(a_connection_that_stands_remembers_an_error);
    RUN(forged_packets_and_frames);
    shim_advance(300 * NANOS_PER_SECOND); /* what lwIP still holds goes; ASan looks for the rest */
    return 0;
}
