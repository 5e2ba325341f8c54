/* Local sockets: the family's own operations, as the socket calls use them. */
#include "ipc_test/local.h"
#include "calls.h"
#include "check.h"
#include "core/start.h"
#include "fs/fs.h"
#include "fs/path.h"
#include "ipc/epoll/epoll.h"
#include "ipc/unix/unix_internal.h"
#include "ipc_test/cases.h"
#include "linux/abi.h"
#include "linux/errno.h"
#include "linux/signal.h"
#include "net/socket.h"
#include "shims.h"

static void test_socket_pair(void) {
    struct file *pair[2];

    CHECK_EQUAL(shim_socket_family->pair(SOCK_STREAM, 0, O_NONBLOCK, pair), 0);
    CHECK_EQUAL(pair[0]->ops->poll(pair[0]), EPOLLOUT);
    CHECK_EQUAL(send_text(pair[0], "hello"), 5);
    CHECK_EQUAL(pair[1]->ops->poll(pair[1]), EPOLLIN | EPOLLOUT);
    CHECK_EQUAL(receive(pair[1], 3, MSG_PEEK), 3);
    CHECK_EQUAL(receive(pair[1], 10, 0), 5);
    CHECK(memcmp(copy, "hello", 5) == 0);
    CHECK_EQUAL(receive(pair[1], 10, 0), -EAGAIN);
    CHECK_EQUAL(pair[0]->socket->send(pair[0], io_of(bytes, sizeof(bytes)), 0, NULL, NULL), 65536);
    CHECK_EQUAL(pair[0]->ops->poll(pair[0]), 0);
    CHECK_EQUAL(receive(pair[1], sizeof(copy), MSG_WAITALL), 65536);
    CHECK(memcmp(bytes, copy, 65536) == 0);
    CHECK_EQUAL(pair[0]->socket->shutdown(pair[0], 1), 0);
    CHECK_EQUAL(receive(pair[1], 10, 0), 0);
    CHECK_EQUAL(send_text(pair[1], "back"), 4);
    CHECK_EQUAL(receive(pair[0], 10, 0), 4);
    shim_last_signal = 0;
    CHECK_EQUAL(send_text(pair[0], "x"), -EPIPE);
    CHECK_EQUAL(shim_last_signal, SIGPIPE);
    file_put(pair[0]);
    CHECK(pair[1]->ops->poll(pair[1]) & EPOLLHUP);
    shim_last_signal = 0;
    CHECK_EQUAL(pair[1]->socket->send(pair[1], io_of("x", 1), MSG_NOSIGNAL, NULL, NULL), -EPIPE);
    CHECK_EQUAL(shim_last_signal, 0);
    file_put(pair[1]);
}

static void test_local_server(const char *path, size_t length) {
    struct socket_address address = address_of(path, length), peer;
    struct file *server = new_socket(SOCK_STREAM), *client = new_socket(SOCK_STREAM), *accepted;

    CHECK_EQUAL(client->socket->connect(client, &address), path[0] ? -ENOENT : -ECONNREFUSED);
    CHECK_EQUAL(server->socket->bind(server, &address), 0);
    CHECK_EQUAL(client->socket->bind(client, &address), -EADDRINUSE);
    CHECK_EQUAL(client->socket->connect(client, &address), -ECONNREFUSED); /* not listening */
    CHECK_EQUAL(server->socket->listen(server, 1), 0);
    CHECK_EQUAL(server->socket->accept(server, &accepted, &peer), -EAGAIN);
    CHECK_EQUAL(client->socket->connect(client, &address), 0);
    CHECK_EQUAL(send_text(client, "early"), 5); /* before it is accepted */
    CHECK_EQUAL(server->ops->poll(server), EPOLLIN);
    struct file *another = new_socket(SOCK_STREAM);
    CHECK_EQUAL(another->socket->connect(another, &address), -EAGAIN); /* the backlog is full */
    CHECK_EQUAL(server->socket->accept(server, &accepted, &peer), 0);
    CHECK_EQUAL(peer.size, 2);
    CHECK_EQUAL(receive(accepted, 10, 0), 5);
    CHECK_EQUAL(client->socket->get_name(client, &peer, true), 0);
    CHECK_EQUAL(peer.size, address.size + (path[0] != 0)); /* a path is told with its NUL */
    CHECK(memcmp(peer.bytes, address.bytes, peer.size) == 0);
    CHECK_EQUAL(another->socket->connect(another, &address), 0);
    file_put(server); /* with one not yet accepted */
    CHECK_EQUAL(receive(another, 10, 0), 0);
    file_put(another);
    file_put(accepted);
    CHECK_EQUAL(receive(client, 10, 0), 0);
    file_put(client);
}

/* As in an image without ipc/unix/named: its hook is not set. */
static void test_pairs_alone(void) {
    const struct unix_named *named = unix_named;
    struct file *pair[2], *file;
    char control[64], buffer[8];
    struct control_in some = {(uint8_t *)control, sizeof(control)};
    struct control_out room = {.at = U(control), .room = sizeof(control)};
    struct socket_address name;
    int flags;

    unix_named = NULL;
    CHECK_EQUAL(shim_socket_family->create(SOCK_STREAM, 0, 0, &file), -EAFNOSUPPORT);
    CHECK(strcmp(shim_left_out, "ipc/unix/named") == 0);
    CHECK_EQUAL(shim_socket_family->pair(SOCK_DGRAM, 0, 0, pair), -ESOCKTNOSUPPORT);
    CHECK_EQUAL(shim_socket_family->pair(SOCK_STREAM, 0, O_NONBLOCK, pair), 0);
    CHECK(pair[0]->socket->bind == NULL && pair[0]->socket->connect == NULL);
    CHECK_EQUAL(pair[0]->socket->get_name(pair[0], &name, true), 0);
    CHECK(name.size == 2 && name.family == AF_UNIX);
    CHECK_EQUAL(pair[0]->socket->send(pair[0], io_of("x", 1), 0, NULL, &some), -EOPNOTSUPP);
    CHECK_EQUAL(send_text(pair[0], "pair"), 4);
    CHECK_EQUAL(pair[1]->ops->poll(pair[1]), EPOLLIN | EPOLLOUT);
    CHECK_EQUAL(
        pair[1]->socket->receive(pair[1], io_of(buffer, sizeof(buffer)), 0, &name, &flags, &room),
        4);
    CHECK(memcmp(buffer, "pair", 4) == 0 && room.room == sizeof(control));
    file_put(pair[0]);
    CHECK_EQUAL(pair[1]->ops->poll(pair[1]), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP);
    file_put(pair[1]);
    unix_named = named;
}

static void test_local_servers(void) {
    char text[8];

    test_local_server("\0abstract", 9);
    test_local_server("/tmp/socket", 11);
    CHECK_EQUAL(sys_open(U("/tmp/socket"), O_RDWR, 0), -ENXIO); /* the name outlives its socket */
    struct socket_address address = address_of("/tmp/socket", 11);
    struct file *client = new_socket(SOCK_STREAM);
    CHECK_EQUAL(client->socket->connect(client, &address), -ECONNREFUSED);
    file_put(client);
    CHECK_EQUAL(sys_unlink(U("/tmp/socket")), 0);
    CHECK_EQUAL(sys_stat(U("/tmp/socket"), U(text)), -ENOENT);
}

static void test_local_datagrams(void) {
    struct socket_address address = address_of("\0d", 2), from;
    struct file *receiver = new_socket(SOCK_DGRAM), *sender = new_socket(SOCK_DGRAM);
    int flags = 0;

    CHECK_EQUAL(send_text(sender, "nowhere"), -ENOTCONN);
    CHECK_EQUAL(receiver->socket->bind(receiver, &address), 0);
    CHECK_EQUAL(sender->socket->send(sender, io_of("one", 3), 0, &address, NULL), 3);
    CHECK_EQUAL(sender->socket->connect(sender, &address), 0);
    CHECK_EQUAL(send_text(sender, "second"), 6);
    CHECK_EQUAL(receive(receiver, 10, 0), 3); /* one message at a time */
    CHECK_EQUAL(receiver->socket->receive(receiver, io_of(copy, 2), 0, &from, &flags, NULL), 2);
    CHECK_EQUAL(flags, MSG_TRUNC);
    CHECK_EQUAL(receive(receiver, 10, 0), -EAGAIN);
    ssize_t sent, count = 0;
    while ((sent = sender->socket->send(sender, io_of(bytes, 60000), 0, NULL, NULL)) == 60000)
        count++;
    CHECK_EQUAL(sent, -EAGAIN);
    CHECK_EQUAL(count, 4);
    file_put(receiver);
    CHECK_EQUAL(send_text(sender, "gone"), -ECONNREFUSED);
    file_put(sender);
}

static void test_local_timeouts(void) {
    struct file *pair[2];
    const int64_t time[2] = {0, 50000}, bad[2] = {0, 1000000};
    int64_t told[2];
    uint32_t size = sizeof(told);

    shim_sleep = shim_sleep_until_deadline;
    CHECK_EQUAL(shim_socket_family->pair(SOCK_STREAM, 0, 0, pair), 0);
    CHECK_EQUAL(pair[1]->socket->set_option(pair[1], SOL_SOCKET, 20, bad, sizeof(bad)), -EDOM);
    CHECK_EQUAL(pair[1]->socket->set_option(pair[1], SOL_SOCKET, 20, time, sizeof(time)), 0);
    CHECK_EQUAL(pair[0]->socket->set_option(pair[0], SOL_SOCKET, 21, time, sizeof(time)), 0);
    CHECK_EQUAL(pair[1]->socket->get_option(pair[1], SOL_SOCKET, 20, told, &size), 0);
    CHECK(told[0] == 0 && told[1] == 50000);
    CHECK_EQUAL(receive(pair[1], 10, 0), -EAGAIN);
    CHECK_EQUAL(pair[0]->socket->send(pair[0], io_of(bytes, sizeof(bytes)), 0, NULL, NULL), 65536);
    CHECK_EQUAL(send_text(pair[0], "x"), -EAGAIN);
    file_put(pair[0]);
    file_put(pair[1]);
}

static void test_names_that_are_chosen(void) {
    const struct socket_address none = {.size = 2, .family = AF_UNIX};
    struct file *a = new_socket(SOCK_DGRAM), *b = new_socket(SOCK_DGRAM);
    struct socket_address names[2];

    CHECK_EQUAL(a->socket->bind(a, &none), 0);
    CHECK_EQUAL(b->socket->bind(b, &none), 0);
    CHECK_EQUAL(a->socket->bind(a, &none), 0); /* has one */
    CHECK_EQUAL(a->socket->get_name(a, &names[0], false), 0);
    CHECK_EQUAL(b->socket->get_name(b, &names[1], false), 0);
    CHECK(names[0].size == 8 && names[1].size == 8 && names[0].bytes[2] == 0);
    CHECK(memcmp(names[0].bytes, names[1].bytes, 8) != 0);
    CHECK_EQUAL(a->socket->send(a, io_of("hi", 2), 0, &names[1], NULL), 2);
    CHECK_EQUAL(receive(b, 10, 0), 2);
    file_put(a);
    file_put(b);
}

void local_cases(void) {
    RUN(test_socket_pair);
    RUN(test_pairs_alone);
    RUN(test_local_servers);
    RUN(test_local_datagrams);
    RUN(test_local_timeouts);
    RUN(test_names_that_are_chosen);
}
