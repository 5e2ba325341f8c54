/* Many who connect at once, as segments. */
#include "net_test/cases.h"
#include "net_test/sockets.h"
#include "net_test/wire.h"

/* A segment of a connection from the peer, whose own numbers start with 0. */
static void arrive_segment(uint16_t from, uint16_t to, uint8_t flags, uint32_t sequence,
                           uint32_t acknowledged) {
    arrive_in_batch((const uint16_t[2]){from, to}, flags, sequence, acknowledged, 0);
    net_device_settle();
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
