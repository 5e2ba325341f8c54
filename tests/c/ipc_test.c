/* Pipes, eventfd, timerfd, epoll, poll, select and local sockets, through their system calls. */
#include "calls.h"
#include "check.h"
#include "core/start.h"
#include "fs/fs.h"
#include "fs/path.h"
#include "ipc/epoll/epoll.h"
#include "ipc/unix/unix_internal.h"
#include "linux/abi.h"
#include "linux/errno.h"
#include "linux/signal.h"
#include "net/socket.h"
#include "shims.h"

#define FIONREAD 0x541B

static int fds[2];

static void make_pipe(int flags) {
    CHECK_EQUAL(sys_pipe2(U(fds), flags), 0);
}

static void close_both(void) {
    sys_close(fds[0]);
    sys_close(fds[1]);
}

static char bytes[70000], copy[70000];

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

static int write_while_asleep(nanos_t deadline) {
    (void)deadline;
    CHECK_EQUAL(sys_write(fds[1], U("late"), 4), 4);
    return 0;
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

/* Local sockets: the family's own operations, as the socket calls use them. */
static struct io *io_of(const void *buffer, size_t size) {
    static struct iovec vector;
    static struct io io;

    vector = (struct iovec){U(buffer), size};
    io_init(&io, &vector, 1);
    return &io;
}

static struct socket_address address_of(const char *path, size_t length) {
    struct socket_address address = {.size = (uint32_t)(2 + length), .family = AF_UNIX};

    memcpy(address.bytes + 2, path, length);
    return address;
}

static struct file *new_socket(int type) {
    struct file *file;

    CHECK_EQUAL(shim_socket_family->create(type, 0, O_NONBLOCK, &file), 0);
    return file;
}

static ssize_t send_text(struct file *file, const char *text) {
    return file->socket->send(file, io_of(text, strlen(text)), 0, NULL, NULL);
}

static ssize_t receive(struct file *file, size_t size, int flags) {
    return file->socket->receive(file, io_of(copy, size), flags, NULL, NULL, NULL);
}

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

/* An image of no more than a root directory. */
__asm__(".section .rodata\n.balign 4096\n.globl image_start, image_end\n"
        "image_start: .quad 0x31736667616d696b, 4096, 48, 80, 80\n.long 1, 0\n"
        ".long 0040755, 2\n.quad 0, 0, 315532800\n"
        ".balign 4096\nimage_end:\n.text\n");

int main(void) {
    fs_init();
    start_libraries(START_FILES);
    fs_complete();
    RUN(test_pipe_carries_bytes);
    RUN(test_pipe_limits);
    RUN(test_pipe_ends);
    RUN(test_pipe_sleeps);
    RUN(test_pipe_out_of_memory);
    RUN(test_eventfd);
    RUN(test_timerfd);
    RUN(test_epoll_levels_and_edges);
    RUN(test_epoll_errors);
    RUN(test_epoll_waits);
    RUN(test_epoll_forgets_what_is_closed);
    RUN(test_epoll_of_epoll);
    RUN(test_epoll_gives_all_a_turn);
    RUN(test_poll);
    RUN(test_select);
    RUN(test_socket_pair);
    RUN(test_pairs_alone);
    RUN(test_local_servers);
    RUN(test_local_datagrams);
    RUN(test_descriptors_through_a_stream);
    RUN(test_descriptors_without_room);
    RUN(test_a_chain_of_sockets);
    RUN(test_credentials);
    RUN(test_local_timeouts);
    RUN(test_names_that_are_chosen);
    return 0;
}
