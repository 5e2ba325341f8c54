/* What stands in the way of a seal. */
#define _GNU_SOURCE
#include "seal.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>

static void *sleeper(void *argument) {
    pause();
    return argument;
}

static int tcp(void) {
    return socket(AF_INET, SOCK_STREAM, 0);
}

static int listener(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = tcp();

    bind(fd, (struct sockaddr *)&address, sizeof(address));
    listen(fd, 1);
    return fd;
}

/* Both ends are in this machine, but one of them might not be. */
static void connected(void) {
    struct sockaddr_in address;
    socklen_t size = sizeof(address);
    int server = listener();

    getsockname(server, (struct sockaddr *)&address, &size);
    int client = tcp();
    connect(client, (struct sockaddr *)&address, size);
    int accepted = accept(server, NULL, NULL);
    dup2(client, server);
    close(client);
    close(accepted);
}

static void put_in_the_way(const char *what) {
    struct itimerval timer = {.it_value.tv_sec = 1000};
    struct itimerspec armed = {.it_value.tv_sec = 1000};
    pthread_t thread;

    if (strcmp(what, "connected") == 0)
        connected();
    if (strcmp(what, "listener") == 0)
        listener();
    if (strcmp(what, "udp6") == 0)
        socket(AF_INET6, SOCK_DGRAM, 0);
    if (strcmp(what, "netlink") == 0)
        socket(AF_NETLINK, SOCK_RAW, 0);
    if (strcmp(what, "packet") == 0)
        socket(AF_PACKET, SOCK_RAW, 0);
    if (strcmp(what, "thread") == 0)
        pthread_create(&thread, NULL, sleeper, NULL);
    if (strcmp(what, "itimer") == 0)
        setitimer(ITIMER_REAL, &timer, NULL);
    if (strcmp(what, "alarm") == 0)
        alarm(1000);
    if (strcmp(what, "timerfd") == 0)
        timerfd_settime(timerfd_create(CLOCK_MONOTONIC, 0), 0, &armed, NULL);
    if (strcmp(what, "memory") == 0)
        for (size_t size = 1u << 20; size >= 4096; size /= 2)
            for (char *bytes; (bytes = malloc(size)) != NULL && sysconf(_SC_AVPHYS_PAGES) > 300;)
                memset(bytes, 1, size);
}

int main(int count, char **arguments) {
    int fd = open_seal();
    char lines[4096];

    if (count > 2) {
        arm();
        put_in_the_way(arguments[1]);
        long result = fork();
        printf("%ld %s\n", result, strerror(errno));
        return 0;
    }
    put_in_the_way(count > 1 ? arguments[1] : "");
    ssize_t size = read(fd, lines, sizeof(lines));
    printf("%.*s", (int)size, lines);
    long results[] = {write(fd, "seal", 4), -errno, write(fd, "else", 4), -errno, fork(), -errno};
    for (int i = 0; i < 6; i += 2)
        printf("%ld %s\n", results[i], strerror((int)-results[i + 1]));
    return 0;
}
