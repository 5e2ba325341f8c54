/* What the end of a TCP connection looks like to the other side: which bytes may still be read,
 * which error comes when, and who still has a peer. */
#define _GNU_SOURCE
#include "guest.h"

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static int near, far; /* the ends of one connection; `far` is the one that goes */

static void join(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        perror("listener");
    near = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(near, (struct sockaddr *)&address, size) != 0)
        perror("connect");
    far = accept(listener, NULL, NULL);
    close(listener);
    fcntl(near, F_SETFL, O_NONBLOCK);
}

static void reset_at_close(int fd) {
    struct linger now = {.l_onoff = 1, .l_linger = 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static void say(int fd, const char *text) {
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text))
        perror("send");
}

/* Returns when what was sent last has come, on loopback at once. */
static void await(int fd, short events) {
    struct pollfd item = {.fd = fd, .events = events};

    if (poll(&item, 1, 10000) != 1)
        printf("nothing came\n");
}

static void show_poll(int fd) {
    struct pollfd item = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP};

    poll(&item, 1, 0);
    printf("poll:%s%s%s%s%s\n", item.revents & POLLIN ? " in" : "",
           item.revents & POLLOUT ? " out" : "", item.revents & POLLRDHUP ? " rdhup" : "",
           item.revents & POLLHUP ? " hup" : "", item.revents & POLLERR ? " err" : "");
}

static void show_names(int fd) {
    struct sockaddr_in address;
    socklen_t size = sizeof(address);
    int own = getsockname(fd, (struct sockaddr *)&address, &size);
    int own_port = address.sin_port != 0;

    errno = 0;
    int peer = getpeername(fd, (struct sockaddr *)&address, &size);
    printf("names: own %d %d, peer %d %s\n", own, own_port, peer, strerror(errno));
}

static void show_error(int fd) {
    int error = 0;
    socklen_t size = sizeof(error);

    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    printf("error: %s\n", strerror(error));
}

static void show_read(int fd) {
    char text[100];
    ssize_t size = recv(fd, text, sizeof(text), MSG_DONTWAIT);

    if (size < 0)
        printf("read: %s\n", strerror(errno));
    else
        printf("read: %zd %.*s\n", size, (int)size, text);
}

static void show_write(int fd) {
    errno = 0;
    ssize_t size = write(fd, "!", 1);

    printf("write: %zd %s\n", size, strerror(errno));
}

static void show_shutdown(int fd) {
    errno = 0;
    int result = shutdown(fd, SHUT_RDWR);

    printf("shutdown: %d %s\n", result, strerror(errno));
}

static void show_rest(int fd) {
    show_poll(fd);
    show_names(fd);
    show_read(fd);
    show_read(fd);
    show_write(fd);
    show_write(fd);
    show_error(fd);
    show_poll(fd);
    show_shutdown(fd);
    close(fd);
}

/* RFC 9293, 3.10.4: what has come before a reset may still be read. */
static void test_reset_behind_data(void) {
    join();
    say(far, "last words");
    reset_at_close(far);
    close(far);
    await(near, POLLERR);
    show_rest(near);
}

static void test_error_before_data(void) {
    join();
    say(far, "last words");
    reset_at_close(far);
    close(far);
    await(near, POLLERR);
    show_write(near);
    show_rest(near);
}

static void test_error_taken_before_data(void) {
    join();
    say(far, "last words");
    reset_at_close(far);
    close(far);
    await(near, POLLERR);
    show_error(near);
    show_rest(near);
}

static void test_reset_alone(void) {
    join();
    reset_at_close(far);
    close(far);
    await(near, POLLERR);
    show_rest(near);
}

/* RFC 2525, 2.17: who closes with bytes unread resets, since they are lost. */
static void test_close_with_unread(void) {
    join();
    say(near, "never read");
    await(far, POLLIN);
    say(far, "last words");
    close(far);
    await(near, POLLERR);
    show_rest(near);
}

static void test_close_with_some_unread(void) {
    char one;

    join();
    say(near, "hardly read");
    await(far, POLLIN);
    if (read(far, &one, 1) != 1)
        perror("read");
    close(far);
    await(near, POLLERR);
    show_rest(near);
}

static void test_close_with_unread_when_half_closed(void) {
    join();
    say(near, "never read");
    await(far, POLLIN);
    shutdown(far, SHUT_WR);
    await(near, POLLRDHUP);
    show_poll(near);
    close(far);
    await(near, POLLERR);
    show_rest(near);
}

/* The end of the stream was seen before the reset: it stays the end, and writing breaks the pipe.
 */
static void test_reset_behind_end(void) {
    join();
    say(far, "last words");
    shutdown(far, SHUT_WR);
    await(near, POLLRDHUP);
    reset_at_close(far);
    close(far);
    await(near, POLLERR);
    show_rest(near);
}

static void test_error_behind_end(void) {
    join();
    shutdown(far, SHUT_WR);
    await(near, POLLRDHUP);
    reset_at_close(far);
    close(far);
    await(near, POLLERR);
    show_error(near);
    show_rest(near);
}

static void test_write_to_closed(void) {
    join();
    say(far, "last words");
    close(far);
    await(near, POLLRDHUP);
    show_poll(near);
    show_names(near);
    show_write(near);
    await(near, POLLERR);
    show_rest(near);
}

static void test_both_shut(int first, int second) {
    say(far, "last words");
    await(near, POLLIN);
    shutdown(first, SHUT_WR);
    await(second, POLLRDHUP);
    show_names(first);
    show_names(second);
    shutdown(second, SHUT_WR);
    await(first, POLLRDHUP);
    await(second, POLLHUP);
    show_names(far);
    show_read(far);
    show_rest(near);
    close(far);
}

static void test_far_shut_first(void) {
    join();
    test_both_shut(far, near);
}

static void test_near_shut_first(void) {
    join();
    test_both_shut(near, far);
}

static void test_read_side_shut(void) {
    join();
    say(far, "before ");
    await(near, POLLIN);
    SHOW("%d", shutdown(near, SHUT_RD));
    show_poll(near);
    show_names(near);
    show_read(near);
    show_read(near);
    show_write(near);
    show_write(far);
    show_names(far);
    close(far);
    show_shutdown(near);
    close(near);
}

/* What waits for the peer's window goes with a reset, what has arrived does not. */
static void test_reset_behind_much(void) {
    static char block[1 << 16];
    size_t sent = 0, got = 0;
    int there = 0;
    ssize_t part;

    join();
    fcntl(far, F_SETFL, O_NONBLOCK);
    while ((part = send(far, block, sizeof(block), MSG_NOSIGNAL)) > 0)
        sent += (size_t)part;
    ioctl(near, FIONREAD, &there);
    reset_at_close(far);
    close(far);
    await(near, POLLERR);
    while ((part = recv(near, block, sizeof(block), 0)) > 0)
        got += (size_t)part;
    SHOW_ERRNO();
    printf("all that had come: %d, less than was sent: %d\n", got == (size_t)there, got < sent);
    show_read(near);
    close(near);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    RUN(test_reset_behind_data);
    RUN(test_error_before_data);
    RUN(test_error_taken_before_data);
    RUN(test_reset_alone);
    RUN(test_close_with_unread);
    RUN(test_close_with_some_unread);
    RUN(test_close_with_unread_when_half_closed);
    RUN(test_reset_behind_end);
    RUN(test_error_behind_end);
    RUN(test_write_to_closed);
    RUN(test_far_shut_first);
    RUN(test_near_shut_first);
    RUN(test_read_side_shut);
    RUN(test_reset_behind_much);
    return 0;
}
