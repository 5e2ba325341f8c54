/* ICMP errors about connections to a peer. */
#include "lwip/inet_chksum.h"
#include "lwip/priv/tcp_priv.h"
#include "net_test/cases.h"
#include "net_test/sockets.h"
#include "net_test/wire.h"
#include "shims/shims.h"

/* What the peer sends back for a frame of ours: this behind the header. */
static void arrive_for(const uint8_t *sent, uint8_t protocol, const uint8_t *payload,
                       uint16_t size) {
    uint8_t bytes[BEHIND_IP + 64];
    CHECK(size <= 64);
    begin_packet(bytes, protocol, size);
    CHECK(memcmp(bytes + IP_AT + 12, sent + IP_AT + 16, 4) == 0); /* it was sent to the peer */
    memcpy(bytes + BEHIND_IP, payload, size);
    arrive(bytes, (uint16_t)(BEHIND_IP + size), true);
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

void icmp_error_cases(void) {
    RUN(an_unreachable_peer_is_told_to_who_connects);
    RUN(what_is_no_error_of_ours_ends_nothing);
    RUN(a_connection_that_stands_remembers_an_error);
}
