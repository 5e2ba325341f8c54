/* TCP over loopback. */
#include "core/pages.h"
#include "lwip/priv/tcp_priv.h"
#include "net/tcp/tcp_socket.h"
#include "net/tcp/timers.h"
#include "net_test/cases.h"
#include "net_test/sockets.h"
#include "shims/shims.h"

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

void tcp_cases(void) {
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
    RUN(ports_are_taken_once);
    RUN(time_wait_is_no_obstacle);
    RUN(old_time_waits_give_way);
    RUN(rest_needs_no_timer);
    RUN(a_blocking_read_times_out);
}
