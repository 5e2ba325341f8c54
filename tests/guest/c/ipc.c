/* Pipes, event and timer descriptors, epoll, poll, select, local sockets. */
#define _GNU_SOURCE
#include "guest.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>

static int epoll_add(int epoll, int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};

    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

/* The events of one descriptor, 0 if nothing is ready. */
static uint32_t ready(int epoll) {
    struct epoll_event event = {0};

    return epoll_wait(epoll, &event, 1, 0) == 1 ? event.events : 0;
}

static void *write_soon(void *argument) {
    usleep(10000);
    if (write(*(int *)argument, "late", 4) != 4)
        perror("write");
    return NULL;
}

static void test_pipe(void) {
    static char big[200000];
    int ends[2], waiting;
    char text[10] = "";
    pthread_t thread;

    SHOW("%d", pipe2(ends, O_NONBLOCK | O_CLOEXEC));
    SHOW("%zd", read(ends[0], text, 9));
    SHOW_ERRNO();
    SHOW("%zd", write(ends[1], big, sizeof(big)));
    SHOW("%zd", write(ends[1], big, 1));
    SHOW_ERRNO();
    SHOW("%d", ioctl(ends[0], FIONREAD, &waiting));
    SHOW("%d", waiting);
    SHOW("%zd", read(ends[0], big, sizeof(big)));
    fcntl(ends[0], F_SETFL, 0);
    pthread_create(&thread, NULL, write_soon, &ends[1]);
    SHOW("%zd", read(ends[0], text, 9));
    SHOW("%s", text);
    pthread_join(thread, NULL);
    SHOW("%ld", lseek(ends[0], 0, SEEK_SET));
    SHOW_ERRNO();
    SHOW("%zd", write(ends[0], "x", 1));
    SHOW_ERRNO();
    close(ends[1]);
    SHOW("%zd", read(ends[0], text, 9));
    close(ends[0]);
    signal(SIGPIPE, SIG_IGN);
    SHOW("%d", pipe(ends));
    close(ends[0]);
    SHOW("%zd", write(ends[1], "x", 1));
    SHOW_ERRNO();
    close(ends[1]);
}

static void *drain(void *argument) {
    static char buffer[65536];
    long sum = 0;
    ssize_t got;

    while ((got = read(*(int *)argument, buffer, sizeof(buffer))) > 0)
        for (ssize_t i = 0; i < got; i++)
            sum += (unsigned char)buffer[i];
    return (void *)sum;
}

static void test_much_through_a_pipe(void) {
    static unsigned char data[1 << 20];
    int ends[2];
    pthread_t thread;
    long sum = 0;
    void *got;

    for (size_t i = 0; i < sizeof(data); i++)
        sum += data[i] = (unsigned char)(i * 7 + (i >> 9));
    SHOW("%d", pipe(ends));
    pthread_create(&thread, NULL, drain, &ends[0]);
    SHOW("%zd", write(ends[1], data, sizeof(data)));
    close(ends[1]);
    pthread_join(thread, &got);
    SHOW("%d", (long)got == sum);
    close(ends[0]);
}

static void test_eventfd(void) {
    int fd = eventfd(3, EFD_NONBLOCK), semaphore = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
    uint64_t value = 4;

    SHOW("%zd", write(fd, &value, 8));
    SHOW("%zd", read(fd, &value, 8));
    SHOW("%lu", value);
    SHOW("%zd", read(fd, &value, 8));
    SHOW_ERRNO();
    SHOW("%zd", read(fd, &value, 4));
    SHOW_ERRNO();
    value = UINT64_MAX;
    SHOW("%zd", write(fd, &value, 8));
    SHOW_ERRNO();
    for (int i = 0; i < 3; i++)
        SHOW("%zd", read(semaphore, &value, 8));
    SHOW("%lu", value);
    close(fd);
    close(semaphore);
}

static void test_timerfd(void) {
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct itimerspec time = {.it_value = {0, 20000000}}, old;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    uint64_t expired;

    SHOW("%zd", read(fd, &expired, 8));
    SHOW_ERRNO();
    SHOW("%d", timerfd_settime(fd, 0, &time, NULL));
    SHOW("%d", poll(&wait, 1, 0));
    SHOW("%d", poll(&wait, 1, 5000));
    SHOW("%zd", read(fd, &expired, 8));
    SHOW("%lu", expired);
    time.it_interval.tv_nsec = 1000000;
    SHOW("%d", timerfd_settime(fd, 0, &time, NULL));
    usleep(40000);
    SHOW("%zd", read(fd, &expired, 8));
    SHOW("%d", expired >= 10);
    memset(&time, 0, sizeof(time));
    SHOW("%d", timerfd_settime(fd, 0, &time, &old));
    SHOW("%ld", old.it_interval.tv_nsec);
    SHOW("%d", timerfd_gettime(fd, &old));
    SHOW("%ld %ld", (long)old.it_value.tv_sec, old.it_value.tv_nsec);
    close(fd);
}

static void test_epoll_modes(void) {
    int epoll = epoll_create1(EPOLL_CLOEXEC), ends[2];
    struct epoll_event change;
    char byte;

    SHOW("%d", pipe(ends));
    SHOW("%d", epoll_add(epoll, ends[0], EPOLLIN));
    SHOW("%d", epoll_add(epoll, ends[0], EPOLLIN));
    SHOW_ERRNO();
    SHOW("%u", ready(epoll));
    SHOW("%zd", write(ends[1], "ab", 2));
    SHOW("%u", ready(epoll));
    SHOW("%u", ready(epoll)); /* level: still */
    change = (struct epoll_event){.events = EPOLLIN | EPOLLET};
    SHOW("%d", epoll_ctl(epoll, EPOLL_CTL_MOD, ends[0], &change));
    SHOW("%u", ready(epoll) & ~EPOLLET);
    SHOW("%u", ready(epoll)); /* edge: once */
    SHOW("%zd", write(ends[1], "c", 1));
    SHOW("%u", ready(epoll));
    change.events = EPOLLIN | EPOLLONESHOT;
    SHOW("%d", epoll_ctl(epoll, EPOLL_CTL_MOD, ends[0], &change));
    SHOW("%u", ready(epoll));
    SHOW("%zd", write(ends[1], "d", 1));
    SHOW("%u", ready(epoll)); /* one shot: no more */
    SHOW("%d", epoll_ctl(epoll, EPOLL_CTL_MOD, ends[0], &change));
    SHOW("%u", ready(epoll));
    SHOW("%d", epoll_ctl(epoll, EPOLL_CTL_DEL, ends[0], NULL));
    SHOW("%d", epoll_ctl(epoll, EPOLL_CTL_DEL, ends[0], NULL));
    SHOW_ERRNO();
    SHOW("%d", epoll_add(epoll, ends[1], EPOLLOUT));
    SHOW("%u", ready(epoll));
    close(ends[1]); /* leaves by itself */
    SHOW("%u", ready(epoll));
    SHOW("%d", epoll_add(epoll, ends[0], 0));
    SHOW("%u", ready(epoll)); /* hang-up is always told */
    SHOW("%zd", read(ends[0], &byte, 1));
    SHOW("%d", epoll_add(epoll, epoll, EPOLLIN));
    SHOW_ERRNO();
    SHOW("%d", epoll_add(epoll, open("/etc/passwd", O_RDONLY), EPOLLIN));
    SHOW_ERRNO();
    SHOW("%d", epoll_add(epoll, 999, EPOLLIN));
    SHOW_ERRNO();
    SHOW("%d", epoll_wait(ends[0], &change, 1, 0));
    SHOW_ERRNO();
    SHOW("%d", epoll_wait(epoll, &change, 0, 0));
    SHOW_ERRNO();
    close(epoll);
    close(ends[0]);
}

static void test_epoll_nested_and_many(void) {
    int inner = epoll_create1(0), outer = epoll_create1(0), fds[100];
    struct epoll_event events[200];
    struct pollfd wait = {.fd = outer, .events = POLLIN};
    uint64_t one = 1;

    for (int i = 0; i < 100; i++) {
        fds[i] = eventfd(0, 0);
        if (epoll_add(inner, fds[i], EPOLLIN) != 0)
            SHOW("%d", i);
    }
    SHOW("%d", epoll_add(outer, inner, EPOLLIN));
    SHOW("%d", poll(&wait, 1, 0));
    for (int i = 0; i < 100; i += 2)
        if (write(fds[i], &one, 8) != 8)
            SHOW("%d", i);
    SHOW("%d", poll(&wait, 1, 1000));
    SHOW("%d", epoll_wait(outer, events, 200, 1000));
    SHOW("%d", epoll_wait(inner, events, 200, 1000));
    SHOW("%d %d", epoll_wait(inner, events, 30, 0), epoll_wait(inner, events + 30, 30, 0));
    for (int i = 0; i < 100; i++)
        close(fds[i]);
    SHOW("%d", epoll_wait(inner, events, 200, 0));
    close(inner);
    close(outer);
}

static void test_epoll_wakes(void) {
    int epoll = epoll_create1(0), ends[2];
    struct epoll_event event;
    pthread_t thread;

    SHOW("%d", pipe(ends));
    epoll_add(epoll, ends[0], EPOLLIN);
    pthread_create(&thread, NULL, write_soon, &ends[1]);
    SHOW("%d", epoll_wait(epoll, &event, 1, -1));
    SHOW("%u %d", event.events, event.data.fd == ends[0]);
    pthread_join(thread, NULL);
    close(ends[0]);
    close(ends[1]);
    close(epoll);
}

static void test_poll_and_select(void) {
    int one[2], two[2];
    struct pollfd fds[4];
    struct timeval none = {0, 0}, shortly = {0, 10000};
    fd_set readable, writable;

    SHOW("%d %d", pipe(one), pipe(two));
    fds[0] = (struct pollfd){.fd = one[0], .events = POLLIN};
    fds[1] = (struct pollfd){.fd = one[1], .events = POLLOUT};
    fds[2] = (struct pollfd){.fd = 999, .events = POLLIN};
    fds[3] = (struct pollfd){.fd = -1, .events = POLLIN};
    SHOW("%d", poll(fds, 4, -1));
    for (int i = 0; i < 4; i++)
        SHOW("%d", fds[i].revents);
    SHOW("%zd", write(one[1], "x", 1));
    close(one[1]);
    SHOW("%d", poll(fds, 1, -1));
    SHOW("%d", fds[0].revents);
    SHOW("%d", poll(NULL, 0, 10));
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    FD_SET(one[0], &readable);
    FD_SET(two[0], &readable);
    FD_SET(two[1], &writable);
    SHOW("%d", select(100, &readable, &writable, NULL, &none));
    SHOW("%d %d %d", FD_ISSET(one[0], &readable) != 0, FD_ISSET(two[0], &readable) != 0,
         FD_ISSET(two[1], &writable) != 0);
    FD_ZERO(&readable);
    FD_SET(two[0], &readable);
    SHOW("%d", select(100, &readable, NULL, NULL, &shortly));
    SHOW("%d", FD_ISSET(two[0], &readable) != 0);
    FD_SET(60, &readable);
    SHOW("%d", select(800, &readable, NULL, NULL, &none));
    SHOW_ERRNO();
    close(one[0]);
    close(two[0]);
    close(two[1]);
}

static void test_socketpair(void) {
    int stream[2], packets[2];
    char text[20] = "";

    SHOW("%d", socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, stream));
    SHOW("%zd", recv(stream[0], text, 19, 0));
    SHOW_ERRNO();
    SHOW("%zd", send(stream[1], "abc", 3, 0));
    SHOW("%zd", send(stream[1], "def", 3, 0));
    SHOW("%zd", recv(stream[0], text, 2, MSG_PEEK));
    SHOW("%zd", recv(stream[0], text, 19, 0));
    SHOW("%s", text);
    SHOW("%d", shutdown(stream[1], SHUT_WR));
    SHOW("%zd", recv(stream[0], text, 19, 0));
    SHOW("%zd", send(stream[0], "back", 4, 0));
    SHOW("%zd", recv(stream[1], text, 19, 0));
    SHOW("%zd", send(stream[1], "x", 1, MSG_NOSIGNAL));
    SHOW_ERRNO();
    close(stream[0]);
    SHOW("%zd", recv(stream[1], text, 19, 0));
    close(stream[1]);
    SHOW("%d", socketpair(AF_UNIX, SOCK_DGRAM, 0, packets));
    SHOW("%zd", send(packets[0], "first", 5, 0));
    SHOW("%zd", send(packets[0], "second", 6, 0));
    SHOW("%zd", recv(packets[1], text, 3, MSG_TRUNC));
    SHOW("%zd", recv(packets[1], text, 19, 0));
    SHOW("%.6s", text);
    close(packets[0]);
    close(packets[1]);
}

static void test_local_names(void) {
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "/tmp/guest-socket"}, found;
    int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0), end;
    socklen_t size = sizeof(found);
    char text[10] = "";

    SHOW("%d", connect(client, (struct sockaddr *)&name, sizeof(name)));
    SHOW_ERRNO();
    SHOW("%d", bind(server, (struct sockaddr *)&name, sizeof(name)));
    SHOW("%d", connect(client, (struct sockaddr *)&name, sizeof(name)));
    SHOW_ERRNO();
    SHOW("%d", listen(server, 4));
    SHOW("%d", connect(client, (struct sockaddr *)&name, sizeof(name)));
    end = accept4(server, NULL, NULL, SOCK_CLOEXEC);
    SHOW("%d", getpeername(client, (struct sockaddr *)&found, &size));
    SHOW("%s", found.sun_path);
    SHOW("%zd", write(client, "hi", 2));
    SHOW("%zd", read(end, text, 9));
    SHOW("%s", text);
    SHOW("%d", bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, sizeof(name)));
    SHOW_ERRNO();
    close(client);
    SHOW("%zd", read(end, text, 9));
    close(end);
    close(server);
    SHOW("%d", unlink(name.sun_path));
}

int main(void) {
    RUN(test_pipe);
    RUN(test_much_through_a_pipe);
    RUN(test_eventfd);
    RUN(test_timerfd);
    RUN(test_epoll_modes);
    RUN(test_epoll_nested_and_many);
    RUN(test_epoll_wakes);
    RUN(test_poll_and_select);
    RUN(test_socketpair);
    RUN(test_local_names);
    return 0;
}
