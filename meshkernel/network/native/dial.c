#define _GNU_SOURCE
#include "dial.h"

#include "loop.h"
#include "parse.h"
#include "tunnel.h"

#include <errno.h>
#include <lwip/timeouts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE_SIZE 64
#define PATIENCE 5000         /* milliseconds, where the client names none */
#define LINE_PATIENCE 5000    /* milliseconds to write the line */
#define MAX_PATIENCE 86400000 /* a day */

struct dialer {
    struct watch watch;
    struct mesh *mesh;
    size_t have;
    char line[LINE_SIZE];
};

static void end(void *argument) {
    struct dialer *dialer = argument;
    sys_untimeout(end, dialer);
    loop_unwatch(&dialer->watch);
    if (dialer->watch.fd >= 0)
        close(dialer->watch.fd);
    free(dialer);
}

static void refuse(struct dialer *dialer, const char *why) {
    char line[128];
    int size = snprintf(line, sizeof(line), "error %s\n", why);
    (void)!send(dialer->watch.fd, line, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT);
    end(dialer);
}

static void dial(struct dialer *dialer, char *line) {
    uint32_t address, number, patience = PATIENCE;
    char *wait = strchr(line, ' ');
    if (wait)
        *wait++ = 0;
    if (!parse_endpoint(line, &address, &number) ||
        (wait && !parse_number(wait, MAX_PATIENCE, &patience))) {
        refuse(dialer, "expected ADDRESS:PORT [MILLISECONDS]");
        return;
    }
    struct port *port = mesh_port(dialer->mesh, address);
    if (!port || port == dialer->mesh->gateway || port->outside || !number) {
        refuse(dialer, "no service of this mesh has this address");
        return;
    }
    int fd = dialer->watch.fd;
    loop_unwatch(&dialer->watch);
    dialer->watch.fd = -1;
    end(dialer);
    tunnel_open(fd, port, (uint16_t)number, TUNNEL_DIAL, patience);
}

/* Takes exactly the line: what follows it belongs to the service. */
static void read_line(struct watch *watch, uint32_t events) {
    struct dialer *dialer = (struct dialer *)watch;
    char *fresh = dialer->line + dialer->have;
    (void)events;
    ssize_t size = recv(watch->fd, fresh, LINE_SIZE - dialer->have, MSG_PEEK | MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size <= 0) {
        end(dialer);
        return;
    }
    char *newline = memchr(fresh, '\n', (size_t)size);
    size_t taken = newline ? (size_t)(newline - fresh) + 1 : (size_t)size;
    if (recv(watch->fd, fresh, taken, MSG_DONTWAIT) != (ssize_t)taken) {
        end(dialer);
        return;
    }
    dialer->have += taken;
    if (newline) {
        *newline = 0;
        dial(dialer, dialer->line);
    } else if (dialer->have == LINE_SIZE) {
        refuse(dialer, "the line is too long");
    }
}

void dial_accept(struct mesh *mesh, int fd) {
    struct dialer *dialer = calloc(1, sizeof(*dialer));
    if (!dialer) {
        close(fd);
        return;
    }
    dialer->watch = (struct watch){.fd = fd, .ready = read_line};
    dialer->mesh = mesh;
    sys_timeout(LINE_PATIENCE, end, dialer);
    if (!loop_watch(&dialer->watch, EPOLLIN))
        end(dialer);
}
