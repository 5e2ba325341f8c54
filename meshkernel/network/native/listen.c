#define _GNU_SOURCE
#include "listen.h"

#include "dial.h"
#include "loop.h"
#include "tunnel.h"

#include <errno.h>
#include <fcntl.h>
#include <lwip/timeouts.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define EXPOSE_PATIENCE 30000 /* milliseconds a client waits for a service that is not up */
#define PAUSE 100             /* milliseconds without accepting when descriptors have run out */

struct listener {
    struct watch watch;
    struct listener *next;
    struct mesh *mesh; /* of the dial socket; NULL: exposed */
    struct port *port;
    uint16_t inside;
};

static struct listener *listeners;
static int dial_folder = -1;
static char dial_name[108];

static void resume(void *argument) {
    struct listener *listener = argument;
    if (!loop_watch(&listener->watch, EPOLLIN))
        sys_timeout(PAUSE, resume, listener);
}

static void accept_all(struct watch *watch, uint32_t events) {
    struct listener *listener = (struct listener *)watch;
    (void)events;
    for (;;) {
        int fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
            loop_unwatch(watch); /* the backlog keeps the clients meanwhile */
            sys_timeout(PAUSE, resume, listener);
            return;
        }
        if (fd < 0 && (errno == ECONNABORTED || errno == EINTR))
            continue;
        if (fd < 0)
            return;
        if (listener->mesh)
            dial_accept(listener->mesh, fd);
        else
            tunnel_open(fd, listener->port, listener->inside, TUNNEL_EXPOSE, EXPOSE_PATIENCE);
    }
}

static struct listener *start(int fd) {
    struct listener *listener = calloc(1, sizeof(*listener));
    if (!listener)
        return NULL;
    listener->watch = (struct watch){.fd = fd, .ready = accept_all};
    if (listen(fd, SOMAXCONN) < 0 || !loop_watch(&listener->watch, EPOLLIN)) {
        free(listener);
        return NULL;
    }
    listener->next = listeners;
    listeners = listener;
    return listener;
}

static int open_host_port(const struct addrinfo *at) {
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (at->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){1}, sizeof(int));
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0)
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

const char *listen_expose(const char *host, const char *number, struct port *port,
                          uint16_t inside) {
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *at = NULL;
    int trouble = getaddrinfo(host, number, &hints, &at);
    if (trouble)
        return gai_strerror(trouble);
    int fd = open_host_port(at);
    freeaddrinfo(at);
    struct listener *listener = fd < 0 ? NULL : start(fd);
    if (!listener) {
        int reason = errno;
        if (fd >= 0)
            close(fd);
        return strerror(reason);
    }
    listener->port = port;
    listener->inside = inside;
    return NULL;
}

/* A path may be longer than the 108 bytes of sun_path, so the name is bound by way of its folder's
 * descriptor. */
static int bind_dial(const char *path) {
    char folder[4096];
    const char *slash = strrchr(path, '/');
    int length = slash ? (int)(slash - path) : 0;
    snprintf(folder, sizeof(folder), "%.*s/", length, path);
    snprintf(dial_name, sizeof(dial_name), "%s", slash ? slash + 1 : path);
    dial_folder = open(slash ? folder : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (dial_folder < 0 || fd < 0)
        return -1;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int size = snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s",
                        dial_folder, dial_name);
    if (size >= (int)sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    unlinkat(dial_folder, dial_name, 0); /* of a switch that was killed */
    mode_t mask = umask(0177);           /* for this user alone */
    int bound = bind(fd, (struct sockaddr *)&address, sizeof(address));
    umask(mask);
    return bound < 0 ? -1 : fd;
}

const char *listen_dial(struct mesh *mesh, const char *path) {
    int fd = bind_dial(path);
    struct listener *listener = fd < 0 ? NULL : start(fd);
    if (!listener)
        return strerror(errno);
    listener->mesh = mesh;
    return NULL;
}

void listen_close(void) {
    if (dial_folder >= 0)
        unlinkat(dial_folder, dial_name, 0);
    while (listeners) {
        struct listener *next = listeners->next;
        loop_unwatch(&listeners->watch);
        close(listeners->watch.fd);
        free(listeners);
        listeners = next;
    }
}

void listen_report(struct text *text) {
    const char *comma = "";
    text_add(text, "[");
    for (struct listener *listener = listeners; listener; listener = listener->next) {
        struct sockaddr_storage address;
        socklen_t size = sizeof(address);
        char host[64], number[8];
        if (listener->mesh || getsockname(listener->watch.fd, (struct sockaddr *)&address, &size) ||
            getnameinfo((struct sockaddr *)&address, size, host, sizeof(host), number,
                        sizeof(number), NI_NUMERICHOST | NI_NUMERICSERV))
            continue;
        text_add(text, "%s{\"host\":\"%s\",\"port\":%s,\"service\":\"%s\",\"inside\":%u}", comma,
                 host, number, listener->port->name, listener->inside);
        comma = ",";
    }
    text_add(text, "]");
}
