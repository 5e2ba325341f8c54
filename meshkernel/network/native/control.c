#include "control.h"

#include "config.h"
#include "fault.h"
#include "flow.h"
#include "forward.h"
#include "listen.h"
#include "loop.h"
#include "parse.h"
#include "pcap.h"
#include "refusal.h"
#include "report.h"
#include "summon.h"
#include "text.h"
#include "tunnel.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE_MAX_SIZE 8192
#define PASSED_MAX 32
#define DELAY_MAX 3600000 /* milliseconds */

static struct mesh *mesh;
static struct watch watch;
static bool open_;
static struct text output;
static char input[LINE_MAX_SIZE];
static size_t have;
static bool too_long;
static int passed[PASSED_MAX]; /* descriptors that came with lines not yet carried out */
static size_t passed_count;

static const char answered[] = ""; /* the command has written its reply itself */

static struct port *service_named(const char *name) {
    struct port *port = mesh_port_named(mesh, name);
    return port == mesh->gateway || (port && port->outside) ? NULL : port;
}

static const char *attach(char **words) {
    if (passed_count == 0)
        return "attach: no socket came with the command";
    int fd = passed[0];
    memmove(passed, passed + 1, --passed_count * sizeof(passed[0]));
    struct port *port = service_named(words[0]);
    if (!port) {
        close(fd);
        return "attach: no such port";
    }
    return wire_attach(mesh, port, fd) ? NULL : strerror(errno);
}

static const char *detach(char **words) {
    struct port *port = mesh_port_named(mesh, words[0]);
    if (!port || port->outside)
        return "detach: no such port";
    wire_detach(port, "detached");
    return NULL;
}

static const char *release(char **words) {
    struct port *port = service_named(words[0]);
    if (!port)
        return "release: no such port";
    summon_release(mesh, port, loop_now(), forward_deliver);
    tunnel_port_changed(port);
    return NULL;
}

static const char *serve(char **words) {
    struct port *port = service_named(words[0]);
    if (!port || !port->deliver)
        return "serve: no such port, or no machine";
    port->serves = true;
    tunnel_port_changed(port);
    return NULL;
}

static const char *drain(char **words) {
    struct port *port = service_named(words[0]);
    if (!port)
        return "drain: no such port";
    port->serves = false;
    return NULL;
}

static const char *refuse(char **words) {
    struct port *port = service_named(words[0]);
    if (!port)
        return "refuse: no such port";
    summon_refuse(port, refusal_reset);
    tunnel_port_failed(port);
    return NULL;
}

/* The port holds from now on, unless something stands that its machine serves beside calls. */
static const char *put_to_sleep(char **words) {
    struct port *port = service_named(words[0]);
    uint32_t calls;
    if (!port || !parse_number(words[1], UINT16_MAX, &calls))
        return "sleep: expected PORT NUMBER";
    bool used = flow_stands(mesh->flows, port, (uint16_t)calls, loop_now());
    if (!used)
        summon_hold(port);
    text_add(&output, "{\"ok\":true,\"held\":%s}\n", used ? "false" : "true");
    return answered;
}

static const char *pair(char **words, struct port *ports[2]) {
    ports[0] = mesh_port_named(mesh, words[0]);
    ports[1] = mesh_port_named(mesh, words[1]);
    return ports[0] && ports[1] && ports[0] != ports[1] ? NULL : "no such pair of ports";
}

static const char *delay(char **words) {
    struct port *ports[2];
    uint32_t milliseconds;
    const char *error = pair(words, ports);
    if (error)
        return error;
    if (!parse_number(words[2], DELAY_MAX, &milliseconds))
        return "delay: expected milliseconds, at most an hour";
    return fault_delay(ports[0], ports[1], milliseconds) ? NULL : "out of memory";
}

static const char *drop(char **words) {
    struct port *ports[2];
    uint32_t percent;
    const char *error = pair(words, ports);
    if (error)
        return error;
    if (!parse_number(words[2], 100, &percent))
        return "drop: expected a percentage from 0 to 100";
    return fault_drop(ports[0], ports[1], percent) ? NULL : "out of memory";
}

static const char *partition(char **words) {
    struct port *ports[2];
    const char *error = pair(words, ports);
    if (error)
        return error;
    return fault_partition(ports[0], ports[1]) ? NULL : "out of memory";
}

static const char *heal(char **words) {
    (void)words;
    fault_heal(mesh);
    return NULL;
}

static const char *capture(char **words) {
    if (strcmp(words[0], "off") == 0) {
        pcap_close();
        return NULL;
    }
    return pcap_open(words[0]) ? NULL : strerror(errno);
}

static const struct {
    const char *name;
    int words;
    const char *(*run)(char **words); /* NULL, or why not */
} commands[] = {
    {"attach", 1, attach},       {"delay", 3, delay},  {"detach", 1, detach},
    {"drain", 1, drain},         {"drop", 3, drop},    {"heal", 0, heal},
    {"partition", 2, partition}, {"pcap", 1, capture}, {"refuse", 1, refuse},
    {"release", 1, release},     {"serve", 1, serve},  {"sleep", 2, put_to_sleep},
};

static void reply(const char *error) {
    if (error == answered)
        return;
    if (!error) {
        text_add(&output, "{\"ok\":true}\n");
        return;
    }
    text_add(&output, "{\"error\":");
    text_add_quoted(&output, error);
    text_add(&output, "}\n");
}

static void configure(char *line) {
    struct trouble trouble = {0};
    reply(config_line(mesh, line, &trouble) ? NULL : trouble.text);
}

static void carry_out(char *line) {
    char whole[LINE_MAX_SIZE];
    char *words[WORDS_MAX];
    memcpy(whole, line, strlen(line) + 1);
    if (strcmp(line, "counters") == 0) {
        report_counters(mesh, &output);
        return;
    }
    int count = parse_words(line, strncmp(line, "pcap ", 5) == 0 ? 2 : WORDS_MAX, words);
    for (size_t at = 0; count && at < sizeof(commands) / sizeof(commands[0]); at++) {
        if (strcmp(words[0], commands[at].name) != 0)
            continue;
        reply(count == commands[at].words + 1 ? commands[at].run(words + 1)
                                              : "wrong number of words");
        return;
    }
    configure(whole);
}

static void take_lines(void) {
    size_t at = 0;
    char *newline;
    while ((newline = memchr(input + at, '\n', have - at))) {
        *newline = 0;
        if (too_long)
            reply("the line is too long");
        else
            carry_out(input + at);
        too_long = false;
        at = (size_t)(newline - input) + 1;
    }
    have -= at;
    memmove(input, input + at, have);
    if (have == sizeof(input)) { /* the rest up to the newline goes the same way */
        have = 0;
        too_long = true;
    }
}

static void keep_passed(struct msghdr *message) {
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t at = 0; at < count; at++) {
            int fd;
            memcpy(&fd, CMSG_DATA(part) + at * sizeof(int), sizeof(int));
            if (passed_count < PASSED_MAX)
                passed[passed_count++] = fd;
            else
                close(fd);
        }
    }
}

static void flush(void) {
    while (open_ && output.size) {
        ssize_t sent = send(watch.fd, output.bytes, output.size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN)
            break;
        if (sent < 0)
            open_ = false;
        else
            text_remove_front(&output, (size_t)sent);
    }
    /* A reply that lost its middle would be worse than none. */
    if (output.failed || !loop_watch(&watch, output.size ? EPOLLIN | EPOLLOUT : EPOLLIN))
        open_ = false;
}

static void control_ready_to_read(struct watch *ready, uint32_t events) {
    (void)ready;
    if (events & ~(uint32_t)EPOLLOUT) {
        struct iovec piece = {input + have, sizeof(input) - have};
        char rights[CMSG_SPACE(PASSED_MAX * sizeof(int))];
        struct msghdr message = {.msg_iov = &piece,
                                 .msg_iovlen = 1,
                                 .msg_control = rights,
                                 .msg_controllen = sizeof(rights)};
        ssize_t got = recvmsg(watch.fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
            open_ = false;
            return;
        }
        if (got > 0) {
            keep_passed(&message);
            have += (size_t)got;
            take_lines();
        }
    }
    flush();
}

bool control_start(struct mesh *its_mesh, int fd) {
    mesh = its_mesh;
    watch = (struct watch){.fd = fd, .ready = control_ready_to_read};
    open_ = fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && loop_watch(&watch, EPOLLIN);
    return open_;
}

bool control_open(void) {
    return open_;
}

void control_port_changed(const struct port *port, const char *reason) {
    if (!reason)
        return; /* the reply to `attach` says so */
    text_add(&output, "{\"event\":\"detached\",\"port\":\"%s\",\"reason\":", port->name);
    text_add_quoted(&output, reason);
    text_add(&output, "}\n");
    flush();
}

void control_summon(const struct port *port) {
    text_add(&output, "{\"event\":\"summon\",\"port\":\"%s\"}\n", port->name);
    flush();
}

void control_no_way(const struct port *port, const char *place, uint16_t number, const char *why) {
    text_add(&output, "{\"event\":\"no-way\",\"port\":\"%s\",\"place\":\"%s\",", port->name, place);
    text_add(&output, "\"number\":%u,\"why\":\"%s\"}\n", number, why);
    flush();
}

void control_ready(void) {
    text_add(&output, "{\"event\":\"ready\",\"expose\":");
    listen_report(&output);
    text_add(&output, "}\n");
    flush();
}

void control_stop(void) {
    for (size_t at = 0; at < passed_count; at++)
        close(passed[at]);
    loop_unwatch(&watch);
    close(watch.fd);
    text_free(&output);
}
