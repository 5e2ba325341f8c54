/* Pipes. */
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

#define FIONREAD 0x541B

int fds[2];
char bytes[PIPE_BYTES], copy[PIPE_BYTES];

void make_pipe(int flags) {
    CHECK_EQUAL(sys_pipe2(U(fds), flags), 0);
}

void close_both(void) {
    sys_close(fds[0]);
    sys_close(fds[1]);
}

int write_while_asleep(nanos_t deadline) {
    (void)deadline;
    CHECK_EQUAL(sys_write(fds[1], U("late"), 4), 4);
    return 0;
}

static void test_pipe_carries_bytes(void) {
    size_t pages = shim_pages_in_use();
    int left;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 31 + i / 256);
    make_pipe(O_NONBLOCK);
    /* Odd sizes, so that every position in the ring is crossed at some time. */
    for (size_t round = 1; round < 60; round++) {
        size_t size = round * 997;

        CHECK_EQUAL(sys_write(fds[1], U(bytes), size), size);
        CHECK_EQUAL(sys_ioctl(fds[0], FIONREAD, U(&left)), 0);
        CHECK_EQUAL(left, size);
        CHECK_EQUAL(sys_read(fds[0], U(copy), size / 2), size / 2);
        CHECK_EQUAL(sys_read(fds[0], U(copy + size / 2), sizeof(copy) - size / 2), size - size / 2);
        CHECK(memcmp(bytes, copy, size) == 0);
    }
    CHECK_EQUAL(sys_read(fds[0], U(copy), 1), -EAGAIN);
    CHECK(shim_pages_in_use() <= pages + 1); /* what was read costs nothing */
    close_both();
    CHECK_EQUAL(shim_pages_in_use(), pages);
}

static void test_pipe_limits(void) {
    make_pipe(O_NONBLOCK);
    CHECK_EQUAL(sys_write(fds[1], U(bytes), sizeof(bytes)), 65536);
    CHECK_EQUAL(sys_write(fds[1], U(bytes), 1), -EAGAIN);
    CHECK_EQUAL(sys_read(fds[0], U(copy), 4000), 4000);
    CHECK_EQUAL(sys_write(fds[1], U(bytes), 4096), -EAGAIN); /* not torn apart */
    CHECK_EQUAL(sys_write(fds[1], U(bytes), 4097), 4000);
    CHECK_EQUAL(sys_fcntl(fds[1], 1032, 0), 65536);
    CHECK_EQUAL(sys_fcntl(fds[1], 1031, 4096), -EBUSY);
    CHECK_EQUAL(sys_fcntl(fds[1], 1031, 100000), 102400);
    CHECK_EQUAL(sys_write(fds[1], U(bytes + 1), 30000), 30000);
    CHECK_EQUAL(sys_read(fds[0], U(copy), sizeof(copy)), sizeof(copy));
    CHECK(memcmp(copy, bytes + 4000, 61536) == 0);
    CHECK(memcmp(copy + 61536, bytes, 4000) == 0);
    CHECK(memcmp(copy + 65536, bytes + 1, 4464) == 0);
    CHECK_EQUAL(sys_write(fds[0], U(bytes), 1), -EBADF);
    CHECK_EQUAL(sys_read(fds[1], U(bytes), 1), -EBADF);
    CHECK_EQUAL(sys_lseek(fds[0], 0, 0), -ESPIPE);
    close_both();
}

static void test_pipe_ends(void) {
    make_pipe(0);
    CHECK_EQUAL(sys_write(fds[1], U("last"), 4), 4);
    sys_close(fds[1]);
    CHECK_EQUAL(sys_read(fds[0], U(copy), 10), 4);
    CHECK_EQUAL(sys_read(fds[0], U(copy), 10), 0);
    sys_close(fds[0]);
    make_pipe(0);
    sys_close(fds[0]);
    shim_last_signal = 0;
    CHECK_EQUAL(sys_write(fds[1], U("x"), 1), -EPIPE);
    CHECK_EQUAL(shim_last_signal, SIGPIPE);
    sys_close(fds[1]);
}

static int drain_while_asleep(nanos_t deadline) {
    (void)deadline;
    CHECK(sys_read(fds[0], U(copy), sizeof(copy)) > 0);
    return 0;
}

static int close_reader_while_asleep(nanos_t deadline) {
    (void)deadline;
    CHECK_EQUAL(sys_close(fds[0]), 0);
    return 0;
}

/* The thread that sleeps in a file keeps it, though another closes the descriptor. */
static int close_own_end_while_asleep(nanos_t deadline) {
    (void)deadline;
    CHECK_EQUAL(sys_close(fds[0]), 0);
    CHECK_EQUAL(sys_write(fds[1], U("kept"), 4), 4);
    return 0;
}

static void test_pipe_sleeps(void) {
    make_pipe(0);
    shim_sleep = write_while_asleep;
    CHECK_EQUAL(sys_read(fds[0], U(copy), 10), 4);
    shim_sleep = drain_while_asleep;
    CHECK_EQUAL(sys_write(fds[1], U(bytes), sizeof(bytes)), sizeof(bytes));
    CHECK_EQUAL(sys_read(fds[0], U(copy), sizeof(copy)), sizeof(bytes) - 65536);
    shim_sleep = close_own_end_while_asleep;
    CHECK_EQUAL(sys_read(fds[0], U(copy), 10), 4);
    sys_close(fds[1]);
    make_pipe(0);
    shim_sleep = close_reader_while_asleep;
    CHECK_EQUAL(sys_write(fds[1], U(bytes), sizeof(bytes)), 65536); /* what went before */
    sys_close(fds[1]);
    shim_sleep = shim_sleep_until_deadline;
    make_pipe(0);
    shim_signal_waiting = true;
    CHECK_EQUAL(sys_read(fds[0], U(copy), 10), -EINTR);
    shim_signal_waiting = false;
    close_both();
}

static void test_pipe_out_of_memory(void) {
    size_t pages = shim_pages_in_use();

    for (size_t allowed = 0; allowed < 4; allowed++) {
        shim_allocations_before_failure = allowed;
        CHECK_EQUAL(sys_pipe2(U(fds), 0), -ENOMEM);
        shim_allocations_before_failure = SIZE_MAX;
    }
    make_pipe(0);
    shim_pages_limit = pages;
    CHECK_EQUAL(sys_write(fds[1], U("x"), 1), -ENOMEM);
    shim_pages_limit = SIZE_MAX;
    close_both();
    CHECK_EQUAL(sys_pipe2(16, 0), -EFAULT);
}

void pipe_cases(void) {
    RUN(test_pipe_carries_bytes);
    RUN(test_pipe_limits);
    RUN(test_pipe_ends);
    RUN(test_pipe_sleeps);
    RUN(test_pipe_out_of_memory);
}
