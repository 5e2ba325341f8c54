/* Many who connect at once, as segments. */
#include "lwip/def.h"
#include "net_test/cases.h"
#include "net_test/sockets.h"
#include "net_test/wire.h"

/* A segment of a connection from the peer, whose own numbers start with 0; `verified`, so it needs
 * no checksum. */
static void arrive_segment(uint16_t from, uint16_t to, uint8_t flags, uint32_t sequence,
                           uint32_t acknowledged) {
    uint8_t bytes[BEHIND_IP + 20] = {0};
    const uint16_t ports[2] = {lwip_htons(from), lwip_htons(to)};
    const uint32_t numbers[2] = {lwip_htonl(sequence), lwip_htonl(acknowledged)};
    begin_packet(bytes, IPPROTO_TCP, 20);
    memcpy(bytes + 34, ports, 4);
    memcpy(bytes + 38, numbers, 8);
    bytes[46] = 0x50;
    bytes[47] = flags;
    bytes[48] = 0x10; /* the window */
    arrive(bytes, sizeof(bytes), true);
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

void request_cases(void) {
    RUN(whoever_is_answered_gets_in);
}
