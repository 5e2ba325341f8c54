/* eventfd and timerfd. */
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

static void test_eventfd(void) {
    uint64_t value = 3;
    int fd = (int)sys_eventfd2(2, O_NONBLOCK);

    CHECK_EQUAL(sys_write(fd, U(&value), 8), 8);
    CHECK_EQUAL(sys_read(fd, U(&value), 4), -EINVAL);
    CHECK_EQUAL(sys_read(fd, U(&value), 8), 8);
    CHECK_EQUAL(value, 5);
    CHECK_EQUAL(sys_read(fd, U(&value), 8), -EAGAIN);
    value = UINT64_MAX;
    CHECK_EQUAL(sys_write(fd, U(&value), 8), -EINVAL);
    value--;
    CHECK_EQUAL(sys_write(fd, U(&value), 8), 8);
    value = 1;
    CHECK_EQUAL(sys_write(fd, U(&value), 8), -EAGAIN);
    sys_close(fd);
    fd = (int)sys_eventfd2(2, O_NONBLOCK | 1); /* a semaphore */
    CHECK_EQUAL(sys_read(fd, U(&value), 8), 8);
    CHECK_EQUAL(value, 1);
    CHECK_EQUAL(sys_read(fd, U(&value), 8), 8);
    CHECK_EQUAL(sys_read(fd, U(&value), 8), -EAGAIN);
    sys_close(fd);
    CHECK_EQUAL(sys_eventfd2(0, 2), -EINVAL);
}

static uint64_t expirations(int fd) {
    uint64_t count;

    return sys_read(fd, U(&count), 8) == 8 ? count : 0;
}

static void test_timerfd(void) {
    struct linux_timespec setting[2] = {{0, 10000000}, {0, 5000000}}; /* interval, first */
    int fd = (int)sys_timerfd_create(1, O_NONBLOCK);

    CHECK_EQUAL(sys_timerfd_settime(fd, 0, U(setting), 0), 0);
    CHECK_EQUAL(expirations(fd), 0);
    shim_advance(4 * NANOS_PER_MS);
    CHECK_EQUAL(expirations(fd), 0);
    shim_advance(1 * NANOS_PER_MS);
    CHECK_EQUAL(expirations(fd), 1);
    shim_advance(35 * NANOS_PER_MS);
    CHECK_EQUAL(expirations(fd), 3);
    struct linux_timespec off[2] = {{0, 0}, {0, 0}}, old[2];
    CHECK_EQUAL(sys_timerfd_settime(fd, 0, U(off), U(old)), 0);
    CHECK_EQUAL(old[0].nanoseconds, 10000000);
    CHECK_EQUAL(old[1].nanoseconds, 5000000);
    shim_advance(NANOS_PER_SECOND);
    CHECK_EQUAL(expirations(fd), 0);
    struct linux_timespec endless[2] = {{INT64_MAX, 0}, {0, 1}}; /* the second time never comes */
    CHECK_EQUAL(sys_timerfd_settime(fd, 0, U(endless), 0), 0);
    shim_advance(NANOS_PER_SECOND);
    CHECK_EQUAL(expirations(fd), 1);
    sys_close(fd);
    fd = (int)sys_timerfd_create(0, 0); /* the wall clock, absolute; the read sleeps until then */
    struct linux_timespec at[2] = {
        {0, 0}, {(int64_t)((shim_now + shim_realtime_offset) / NANOS_PER_SECOND) + 7, 0}};
    nanos_t start = shim_now;
    CHECK_EQUAL(sys_timerfd_settime(fd, 1, U(at), 0), 0);
    shim_advance(7 * NANOS_PER_SECOND);
    CHECK_EQUAL(expirations(fd), 1);
    CHECK(shim_now - start == 7 * NANOS_PER_SECOND);
    setting[1].nanoseconds = 1000000000;
    CHECK_EQUAL(sys_timerfd_settime(fd, 0, U(setting), 0), -EINVAL);
    sys_close(fd); /* with its timer set or not, nothing is left behind */
    shim_advance(NANOS_PER_SECOND);
}

void counter_cases(void) {
    RUN(test_eventfd);
    RUN(test_timerfd);
}
