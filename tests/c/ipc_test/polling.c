/* poll and select. */
#include "calls.h"
#include "check.h"
#include "core/start.h"
#include "fs/fs.h"
#include "fs/path.h"
#include "ipc/epoll/epoll.h"
#include "ipc/unix/unix_internal.h"
#include "ipc_test/cases.h"
#include "ipc_test/ends.h"
#include "linux/abi.h"
#include "linux/errno.h"
#include "linux/signal.h"
#include "net/socket.h"
#include "shims.h"

struct pollfd {
    int fd;
    int16_t events, ready;
};

static void test_poll(void) {
    make_pipe(0);
    struct pollfd polled[4] = {{fds[0], 1, 0}, {fds[1], 4, 0}, {-1, 1, 9}, {77, 1, 0}};
    CHECK_EQUAL(sys_poll(U(polled), 4, -1), 2);
    CHECK_EQUAL(polled[0].ready, 0);
    CHECK_EQUAL(polled[1].ready, 4);
    CHECK_EQUAL(polled[2].ready, 0);
    CHECK_EQUAL(polled[3].ready, 0x20); /* POLLNVAL */
    nanos_t start = shim_now;
    CHECK_EQUAL(sys_poll(U(polled), 1, 50), 0);
    CHECK_EQUAL(shim_now - start, 50 * NANOS_PER_MS);
    shim_sleep = write_while_asleep;
    CHECK_EQUAL(sys_poll(U(polled), 1, -1), 1);
    shim_sleep = shim_sleep_until_deadline;
    CHECK_EQUAL(polled[0].ready, 1);
    CHECK_EQUAL(sys_read(fds[0], U(copy), 4), 4);
    shim_signal_waiting = true;
    CHECK_EQUAL(sys_poll(U(polled), 1, -1), -EINTR);
    shim_signal_waiting = false;
    sys_close(fds[1]);
    CHECK_EQUAL(sys_poll(U(polled), 1, -1), 1);
    CHECK_EQUAL(polled[0].ready, 0x10);
    sys_close(fds[0]);
    CHECK_EQUAL(sys_poll(16, 1, 0), -EFAULT);
}

static void test_select(void) {
    struct linux_timeval time = {0, 20000};
    uint64_t read[16] = {0}, write[16] = {0};

    make_pipe(0);
    read[0] = UINT64_C(1) << fds[0];
    CHECK_EQUAL(sys_select(fds[1] + 1, U(read), U(write), 0, U(&time)), 0);
    CHECK(read[0] == 0 && time.seconds == 0 && time.microseconds == 0);
    read[0] = UINT64_C(1) << fds[0];
    write[0] = UINT64_C(1) << fds[1];
    CHECK_EQUAL(sys_select(fds[1] + 1, U(read), U(write), 0, 0), 1);
    CHECK(read[0] == 0 && write[0] == UINT64_C(1) << fds[1]);
    shim_sleep = write_while_asleep;
    read[0] = UINT64_C(1) << fds[0];
    CHECK_EQUAL(sys_select(fds[0] + 1, U(read), 0, 0, 0), 1);
    shim_sleep = shim_sleep_until_deadline;
    CHECK(read[0] == UINT64_C(1) << fds[0]);
    sys_close(fds[1]);
    read[0] = UINT64_C(1) << fds[1];
    CHECK_EQUAL(sys_select(fds[1] + 1, U(read), 0, 0, U(&time)), -EBADF);
    sys_close(fds[0]);
}

void polling_cases(void) {
    RUN(test_poll);
    RUN(test_select);
}
