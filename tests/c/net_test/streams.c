/* What many segments of one connection bring about. */
#include "core/pages.h"
#include "lwip/priv/tcp_priv.h"
#include "net_test/cases.h"
#include "net_test/sockets.h"
#include "net_test/wire.h"
#include "shims/shims.h"

/* A stream from the peer that comes in segments of 536 bytes, which is all that a peer may send
 * that announces nothing. */
enum { STREAM_SEGMENT = 536 };
static struct {
    uint16_t port;
    uint32_t next, acknowledged;
} stream;

static void stream_arrive(unsigned count, uint16_t size) {
    const uint16_t ports[2] = {80, stream.port};
    while (count-- > 0) {
        arrive_in_batch(ports, TCP_ACK, stream.next, stream.acknowledged, size);
        stream.next += size;
    }
}

static struct file *stream_open(void) {
    struct file *file = tcp();
    on_wire = 0;
    CHECK_EQUAL(connect_to(file, "10.77.0.9", 80), 0);
    stream.port = (uint16_t)(frame(0)[BEHIND_IP] << 8 | frame(0)[BEHIND_IP + 1]);
    stream.acknowledged = word(frame(0) + BEHIND_IP + 4) + 1;
    stream.next = 5001;
    const uint16_t ports[2] = {80, stream.port};
    arrive_in_batch(ports, TCP_SYN | TCP_ACK, 5000, stream.acknowledged, 0);
    net_device_settle();
    CHECK_EQUAL(poll_of(file), EPOLLOUT);
    on_wire = 0;
    return file;
}

/* The only frame that was sent acknowledges everything. */
static void check_acknowledged_once(void) {
    CHECK_EQUAL(on_wire, 1);
    CHECK_EQUAL(frame(0)[BEHIND_IP + 13], TCP_ACK);
    CHECK_EQUAL(word(frame(0) + BEHIND_IP + 8), stream.next);
    on_wire = 0;
}

static void drain_unread(struct file *file) {
    static uint8_t bytes[1 << 16];
    while (get(file, bytes, sizeof(bytes)) > 0)
        ;
    on_wire = 0;
}

static void a_batch_is_acknowledged_once(void) {
    struct file *file = stream_open();
    for (unsigned at = 1; at <= 64; at++) { /* the first: every second, at once */
        stream_arrive(1, STREAM_SEGMENT);
        CHECK_EQUAL(on_wire, at / 2);
        net_device_settle();
    }
    drain_unread(file);
    stream_arrive(20, STREAM_SEGMENT);
    CHECK_EQUAL(on_wire, 0);
    net_device_settle();
    check_acknowledged_once();

    stream_arrive(1, STREAM_SEGMENT); /* one waits for an answer, or for the timer */
    net_device_settle();
    CHECK_EQUAL(on_wire, 0);
    shim_advance(60 * NANOS_PER_MS);
    check_acknowledged_once();

    stream_arrive(4, 10); /* and so do a few small ones */
    net_device_settle();
    CHECK_EQUAL(on_wire, 0);
    CHECK_EQUAL(put(file, "answer", 6), 6);
    CHECK_EQUAL(on_wire, 1);
    CHECK_EQUAL(word(frame(0) + BEHIND_IP + 8), stream.next);
    on_wire = 0;
    stream_arrive(5, 10);
    net_device_settle();
    check_acknowledged_once();
    file_put(file);
    shim_advance(NANOS_PER_SECOND);
}

/* A batch that goes on and on: the peer must not run out of its window meanwhile. */
static void a_long_batch_is_acknowledged_meanwhile(void) {
    struct file *file = stream_open();
    stream_arrive(64, STREAM_SEGMENT);
    net_device_settle();
    drain_unread(file);
    unsigned part = TCP_WND / 8 / STREAM_SEGMENT + 1;
    stream_arrive(part - 1, STREAM_SEGMENT);
    CHECK_EQUAL(on_wire, 0);
    stream_arrive(1, STREAM_SEGMENT);
    check_acknowledged_once();
    net_device_settle();
    CHECK_EQUAL(on_wire, 0);
    file_put(file);
    shim_advance(NANOS_PER_SECOND);
}

/* A peer that acknowledges nothing: it costs as much as it may, and little where memory is scarce.
 */
static void little_is_queued_while_memory_is_scarce(void) {
    static uint8_t bytes[100 * 1000];
    struct file *file = stream_open();
    shim_pages_limit = shim_pages_in_use() + 100;
    CHECK_EQUAL(put(file, bytes, sizeof(bytes)), 32 * 1024);
    CHECK_EQUAL(put(file, bytes, 1), -EAGAIN);
    CHECK(!(poll_of(file) & EPOLLOUT));
    shim_pages_limit = SIZE_MAX;
    CHECK(poll_of(file) & EPOLLOUT);
    CHECK_EQUAL(put(file, bytes, sizeof(bytes)), (ssize_t)sizeof(bytes));
    file_put(file);
}

void stream_cases(void) {
    RUN(a_batch_is_acknowledged_once);
    RUN(a_long_batch_is_acknowledged_meanwhile);
    RUN(little_is_queued_while_memory_is_scarce);
}
