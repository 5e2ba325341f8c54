/* What travels beside the bytes of local sockets: descriptors and credentials. */
#include "calls.h"
#include "check.h"
#include "core/start.h"
#include "fs/fs.h"
#include "fs/path.h"
#include "ipc/epoll/epoll.h"
#include "ipc/unix/unix_internal.h"
#include "ipc_test/cases.h"
#include "ipc_test/local.h"
#include "linux/abi.h"
#include "linux/errno.h"
#include "linux/signal.h"
#include "net/socket.h"
#include "shims.h"

/* Ancillary data: one item, as sendmsg's caller would lay it out. */
static struct control_in *control_of(int type, const void *value, size_t size) {
    static _Alignas(8) uint8_t list[64];
    static struct control_in control;
    const struct {
        uint64_t size;
        int32_t level, type;
    } header = {sizeof(header) + size, SOL_SOCKET, type};

    memcpy(list, &header, sizeof(header));
    memcpy(list + sizeof(header), value, size);
    control = (struct control_in){list, sizeof(header) + size};
    return &control;
}

static _Alignas(8) uint8_t arrived[128];

static ssize_t receive_control(struct file *file, size_t size, size_t room, int flags, bool *cut) {
    struct control_out out = {.at = U(arrived), .room = room};
    int flags_out = 0;

    memset(arrived, 0xff, sizeof(arrived));
    ssize_t count = file->socket->receive(file, io_of(copy, size), flags, NULL, &flags_out, &out);
    *cut = out.cut;
    return count;
}

/* The descriptor that arrived as the only one. */
static int arrived_descriptor(void) {
    uint64_t size;
    int32_t rest[3];

    memcpy(&size, arrived, sizeof(size));
    memcpy(rest, arrived + sizeof(size), sizeof(rest));
    CHECK_EQUAL(size, 20);
    CHECK_EQUAL(rest[0], SOL_SOCKET);
    CHECK_EQUAL(rest[1], SCM_RIGHTS);
    return rest[2];
}

static ssize_t send_descriptor(struct file *file, const char *text, int fd) {
    return file->socket->send(file, io_of(text, strlen(text)), 0, NULL,
                              control_of(SCM_RIGHTS, &fd, sizeof(fd)));
}

static void test_descriptors_through_a_stream(void) {
    struct file *pair[2];
    int fds[2];
    bool cut;

    CHECK_EQUAL(shim_socket_family->pair(SOCK_STREAM, 0, O_NONBLOCK, pair), 0);
    CHECK_EQUAL(sys_pipe2(U(fds), 0), 0);
    CHECK_EQUAL(send_descriptor(pair[0], "x", 99), -EBADF);
    CHECK_EQUAL(send_text(pair[0], "ab"), 2);
    CHECK_EQUAL(send_descriptor(pair[0], "cd", fds[1]), 2);
    CHECK_EQUAL(send_text(pair[0], "ef"), 2);
    sys_close(fds[1]); /* the one on its way keeps the pipe open */

    /* The bytes before come along, those behind do not. */
    CHECK_EQUAL(receive_control(pair[1], 10, sizeof(arrived), MSG_PEEK, &cut), 4);
    int first = arrived_descriptor();
    CHECK_EQUAL(receive_control(pair[1], 10, sizeof(arrived), MSG_WAITALL, &cut), 4);
    CHECK(!cut && memcmp(copy, "abcd", 4) == 0);
    int second = arrived_descriptor();
    CHECK(first != second);
    CHECK_EQUAL(receive_control(pair[1], 10, sizeof(arrived), 0, &cut), 2);
    CHECK_EQUAL(arrived[0], 0xff); /* nothing more */

    CHECK_EQUAL(sys_write(second, U("y"), 1), 1);
    CHECK_EQUAL(sys_read(fds[0], U(copy), 10), 1);
    sys_close(first);
    sys_close(second);
    CHECK_EQUAL(sys_read(fds[0], U(copy), 10), 0); /* the last writer is gone */
    sys_close(fds[0]);
    file_put(pair[0]);
    file_put(pair[1]);
}

static void test_descriptors_without_room(void) {
    struct file *pair[2];
    int fds[2];
    bool cut;

    CHECK_EQUAL(shim_socket_family->pair(SOCK_DGRAM, 0, O_NONBLOCK, pair), 0);
    CHECK_EQUAL(sys_pipe2(U(fds), O_NONBLOCK), 0);
    CHECK_EQUAL(send_descriptor(pair[0], "one", fds[1]), 3);
    CHECK_EQUAL(send_descriptor(pair[0], "two", fds[1]), 3);
    CHECK_EQUAL(send_descriptor(pair[0], "three", fds[1]), 5);
    sys_close(fds[1]);
    CHECK_EQUAL(receive_control(pair[1], 10, 16, 0, &cut), 3);
    CHECK(cut);
    CHECK_EQUAL(receive(pair[1], 10, 0), 3); /* wants none: not even told */
    CHECK_EQUAL(sys_read(fds[0], U(copy), 10), -EAGAIN);
    file_put(pair[0]);
    file_put(pair[1]); /* with one message unread */
    CHECK_EQUAL(sys_read(fds[0], U(copy), 10), 0);
    sys_close(fds[0]);
}

/* Each socket waits in the queue of the next: freeing them must not go deeper with each. */
static void test_a_chain_of_sockets(void) {
    struct file *kept, *pair[2];

    CHECK_EQUAL(shim_socket_family->pair(SOCK_STREAM, 0, O_NONBLOCK, pair), 0);
    file_put(pair[0]);
    kept = pair[1];
    for (int i = 0; i < 10000; i++) {
        int fd = fd_install(kept, 0, false);
        CHECK_EQUAL(shim_socket_family->pair(SOCK_STREAM, 0, O_NONBLOCK, pair), 0);
        CHECK_EQUAL(send_descriptor(pair[0], "x", fd), 1);
        sys_close(fd);
        file_put(pair[0]);
        kept = pair[1];
    }
    file_put(kept);
}

static void test_credentials(void) {
    struct file *pair[2];
    struct credentials mine = {.process = 1, .user = 7, .group = 8}, told;
    const int on = 1;
    bool cut;

    CHECK_EQUAL(shim_socket_family->pair(SOCK_STREAM, 0, O_NONBLOCK, pair), 0);
    CHECK_EQUAL(pair[1]->socket->set_option(pair[1], SOL_SOCKET, 16, &on, sizeof(on)), 0);
    CHECK_EQUAL(pair[0]->socket->send(pair[0], io_of("x", 1), 0, NULL,
                                      control_of(SCM_CREDENTIALS, &mine, sizeof(mine))),
                1);
    mine.process = 2;
    CHECK_EQUAL(pair[0]->socket->send(pair[0], io_of("x", 1), 0, NULL,
                                      control_of(SCM_CREDENTIALS, &mine, sizeof(mine))),
                -ESRCH);
    CHECK_EQUAL(send_text(pair[0], "y"), 1);
    CHECK_EQUAL(receive_control(pair[1], 10, sizeof(arrived), 0, &cut), 1);
    memcpy(&told, arrived + 16, sizeof(told));
    CHECK(told.process == 1 && told.user == 7 && told.group == 8);
    CHECK_EQUAL(receive_control(pair[1], 10, sizeof(arrived), 0, &cut), 1);
    memcpy(&told, arrived + 16, sizeof(told));
    CHECK(told.process == 1 && told.user == 0 && told.group == 0);
    file_put(pair[0]);
    file_put(pair[1]);
}

void ancillary_cases(void) {
    RUN(test_descriptors_through_a_stream);
    RUN(test_descriptors_without_room);
    RUN(test_a_chain_of_sockets);
    RUN(test_credentials);
}
