/* epoll. */
#include "ipc/epoll/epoll.h"
#include "calls.h"
#include "check.h"
#include "core/start.h"
#include "fs/fs.h"
#include "fs/path.h"
#include "ipc/unix/unix_internal.h"
#include "ipc_test/cases.h"
#include "ipc_test/ends.h"
#include "linux/abi.h"
#include "linux/errno.h"
#include "linux/signal.h"
#include "net/socket.h"
#include "shims.h"

static int set;

static void watch(int fd, uint32_t events, uint64_t data) {
    struct epoll_event event = {events, data};

    CHECK_EQUAL(sys_epoll_ctl(set, EPOLL_CTL_ADD, fd, U(&event)), 0);
}

/* The data of the only event there is now; -1: none. */
static int64_t only_event(void) {
    struct epoll_event events[4];
    int64_t count = sys_epoll_wait(set, U(events), 4, 0);

    CHECK(count == 0 || count == 1);
    return count ? (int64_t)events[0].data : -1;
}

static void test_epoll_levels_and_edges(void) {
    set = (int)sys_epoll_create1(O_CLOEXEC);
    make_pipe(0);
    watch(fds[0], EPOLLIN, 7);
    CHECK_EQUAL(only_event(), -1);
    CHECK_EQUAL(sys_write(fds[1], U("ab"), 2), 2);
    CHECK_EQUAL(only_event(), 7);
    CHECK_EQUAL(only_event(), 7); /* as long as there is something */
    CHECK_EQUAL(sys_read(fds[0], U(copy), 2), 2);
    CHECK_EQUAL(only_event(), -1);
    struct epoll_event edge = {EPOLLIN | EPOLLET, 8};
    CHECK_EQUAL(sys_epoll_ctl(set, EPOLL_CTL_MOD, fds[0], U(&edge)), 0);
    CHECK_EQUAL(sys_write(fds[1], U("ab"), 2), 2);
    CHECK_EQUAL(only_event(), 8);
    CHECK_EQUAL(only_event(), -1); /* once for each change */
    CHECK_EQUAL(sys_write(fds[1], U("cd"), 2), 2);
    CHECK_EQUAL(only_event(), 8);
    struct epoll_event once = {EPOLLIN | EPOLLONESHOT, 9};
    CHECK_EQUAL(sys_epoll_ctl(set, EPOLL_CTL_MOD, fds[0], U(&once)), 0);
    CHECK_EQUAL(only_event(), 9); /* it was ready already */
    CHECK_EQUAL(sys_write(fds[1], U("e"), 1), 1);
    CHECK_EQUAL(only_event(), -1);
    CHECK_EQUAL(sys_epoll_ctl(set, EPOLL_CTL_MOD, fds[0], U(&once)), 0);
    CHECK_EQUAL(only_event(), 9);
    CHECK_EQUAL(sys_epoll_ctl(set, EPOLL_CTL_DEL, fds[0], 0), 0);
    CHECK_EQUAL(sys_epoll_ctl(set, EPOLL_CTL_DEL, fds[0], 0), -ENOENT);
    CHECK_EQUAL(only_event(), -1);
    close_both();
    sys_close(set);
}

static void test_epoll_errors(void) {
    struct epoll_event event = {EPOLLIN, 0};

    set = (int)sys_epoll_create1(0);
    make_pipe(0);
    watch(fds[0], EPOLLIN, 1);
    CHECK_EQUAL(sys_epoll_ctl(set, EPOLL_CTL_ADD, fds[0], U(&event)), -EEXIST);
    CHECK_EQUAL(sys_epoll_ctl(set, EPOLL_CTL_MOD, fds[1], U(&event)), -ENOENT);
    CHECK_EQUAL(sys_epoll_ctl(set, EPOLL_CTL_ADD, 99, U(&event)), -EBADF);
    CHECK_EQUAL(sys_epoll_ctl(fds[0], EPOLL_CTL_ADD, fds[1], U(&event)), -EINVAL);
    CHECK_EQUAL(sys_epoll_ctl(set, EPOLL_CTL_ADD, set, U(&event)), -EINVAL);
    CHECK_EQUAL(sys_epoll_ctl(set, 9, fds[1], U(&event)), -EINVAL);
    CHECK_EQUAL(sys_epoll_ctl(set, EPOLL_CTL_ADD, fds[1], 16), -EFAULT);
    CHECK_EQUAL(sys_epoll_wait(set, U(copy), 0, 0), -EINVAL);
    CHECK_EQUAL(sys_epoll_wait(fds[0], U(copy), 1, 0), -EINVAL);
    CHECK_EQUAL(sys_write(fds[1], U("x"), 1), 1);
    CHECK_EQUAL(sys_epoll_wait(set, 16, 1, 0), -EFAULT);
    close_both();
    sys_close(set);
    int file = (int)sys_open(U("/tmp/regular"), O_RDWR | O_CREAT, 0600);
    set = (int)sys_epoll_create1(0);
    CHECK_EQUAL(sys_epoll_ctl(set, EPOLL_CTL_ADD, file, U(&event)), -EPERM);
    sys_close(file);
    sys_close(set);
}

static void test_epoll_waits(void) {
    struct epoll_event event;

    set = (int)sys_epoll_create1(0);
    make_pipe(0);
    watch(fds[0], EPOLLIN | EPOLLEXCLUSIVE, 5);
    nanos_t start = shim_now;
    CHECK_EQUAL(sys_epoll_wait(set, U(&event), 1, 30), 0);
    CHECK_EQUAL(shim_now - start, 30 * NANOS_PER_MS);
    shim_sleep = write_while_asleep;
    CHECK_EQUAL(sys_epoll_wait(set, U(&event), 1, -1), 1);
    shim_sleep = shim_sleep_until_deadline;
    CHECK_EQUAL(event.data, 5);
    CHECK_EQUAL(sys_read(fds[0], U(copy), 4), 4);
    shim_signal_waiting = true;
    CHECK_EQUAL(sys_epoll_wait(set, U(&event), 1, -1), -EINTR);
    shim_signal_waiting = false;
    sys_close(fds[1]);
    CHECK_EQUAL(sys_epoll_wait(set, U(&event), 1, -1), 1);
    CHECK_EQUAL(event.events, EPOLLHUP); /* always waited for */
    sys_close(fds[0]);
    sys_close(set);
}

static void test_epoll_forgets_what_is_closed(void) {
    set = (int)sys_epoll_create1(0);
    make_pipe(0);
    watch(fds[0], EPOLLIN, 1);
    int writer = fds[1], reader = fds[0];
    CHECK_EQUAL(sys_write(writer, U("x"), 1), 1);
    sys_close(reader);
    CHECK_EQUAL(only_event(), -1);
    make_pipe(0); /* the same number, another file */
    CHECK_EQUAL(fds[0], reader);
    CHECK_EQUAL(sys_write(fds[1], U("x"), 1), 1);
    CHECK_EQUAL(only_event(), -1);
    watch(fds[0], EPOLLIN, 2);
    CHECK_EQUAL(only_event(), 2);
    int other = (int)sys_dup(fds[0]); /* the file stays open, so it stays watched */
    sys_close(fds[0]);
    CHECK_EQUAL(only_event(), 2);
    sys_close(other);
    CHECK_EQUAL(only_event(), -1);
    sys_close(fds[1]);
    sys_close(writer);
    make_pipe(0); /* the set goes first, with items in it */
    watch(fds[0], EPOLLIN, 1);
    CHECK_EQUAL(sys_write(fds[1], U("x"), 1), 1);
    sys_close(set);
    CHECK_EQUAL(sys_write(fds[1], U("x"), 1), 1);
    close_both();
}

static void test_epoll_of_epoll(void) {
    int inner = (int)sys_epoll_create1(0), outer = (int)sys_epoll_create1(0);
    struct epoll_event event = {EPOLLIN, 1};

    make_pipe(0);
    set = inner;
    watch(fds[0], EPOLLIN, 11);
    set = outer;
    watch(inner, EPOLLIN, 22);
    CHECK_EQUAL(sys_epoll_ctl(inner, EPOLL_CTL_ADD, outer, U(&event)), -ELOOP);
    CHECK_EQUAL(only_event(), -1);
    CHECK_EQUAL(sys_write(fds[1], U("x"), 1), 1);
    CHECK_EQUAL(only_event(), 22);
    CHECK_EQUAL(sys_read(fds[0], U(copy), 1), 1);
    CHECK_EQUAL(only_event(), -1);
    sys_close(inner);
    close_both();
    sys_close(outer);
}

static void test_epoll_gives_all_a_turn(void) {
    enum { COUNT = 200 };
    int pipes[COUNT][2], seen[COUNT] = {0};
    struct epoll_event events[3];

    set = (int)sys_epoll_create1(0);
    for (int i = 0; i < COUNT; i++) {
        CHECK_EQUAL(sys_pipe2(U(pipes[i]), 0), 0);
        watch(pipes[i][0], EPOLLIN, (uint64_t)i);
        CHECK_EQUAL(sys_write(pipes[i][1], U("x"), 1), 1);
    }
    CHECK_EQUAL(sys_epoll_wait(set, U(copy), 1000, 0),
                COUNT); /* all at once, if one asks for them */
    for (int round = 0; round < (COUNT + 2) / 3; round++) {
        int64_t count = sys_epoll_wait(set, U(events), 3, 0);
        CHECK_EQUAL(count, 3);
        for (int64_t i = 0; i < count; i++)
            seen[events[i].data]++;
    }
    for (int i = 0; i < COUNT; i++) {
        CHECK(seen[i] >= 1);
        sys_close(pipes[i][0]);
        sys_close(pipes[i][1]);
    }
    CHECK_EQUAL(only_event(), -1);
    sys_close(set);
}

void epoll_cases(void) {
    RUN(test_epoll_levels_and_edges);
    RUN(test_epoll_errors);
    RUN(test_epoll_waits);
    RUN(test_epoll_forgets_what_is_closed);
    RUN(test_epoll_of_epoll);
    RUN(test_epoll_gives_all_a_turn);
}
