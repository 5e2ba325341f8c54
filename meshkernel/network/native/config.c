#include "config.h"

#include "egress.h"
#include "gateway.h"
#include "listen.h"
#include "parse.h"
#include "summon.h"
#include "tunnel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static bool fail(struct trouble *trouble, const char *format,
                                                       ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(trouble->text, sizeof(trouble->text), format, arguments);
    va_end(arguments);
    return false;
}

static bool no_memory(struct trouble *trouble) {
    return fail(trouble, "out of memory");
}

static struct port *add_port(struct mesh *mesh, const char *name, const char *word,
                             struct trouble *trouble) {
    uint32_t address;
    if (!parse_name(name) || !parse_address(word, &address)) {
        fail(trouble, "port: expected NAME ADDRESS");
        return NULL;
    }
    if (mesh_port_named(mesh, name) || mesh_port(mesh, address)) {
        fail(trouble, "port %s %s: the name or the address is taken", name, word);
        return NULL;
    }
    struct port *port = mesh_add_port(mesh, name, address);
    if (!port)
        no_memory(trouble);
    return port;
}

/* The gateway may open connections to every port: what it opens, listen.h and dial.h decide. */
static bool read_port(struct mesh *mesh, char **words, struct trouble *trouble) {
    struct port *port = add_port(mesh, words[0], words[1], trouble);
    if (!port)
        return false;
    if (mesh->gateway && !mesh_add_link(mesh, mesh->gateway, port))
        return no_memory(trouble);
    return true;
}

static bool read_gateway(struct mesh *mesh, char **words, struct trouble *trouble) {
    uint32_t prefix;
    char *slash = strchr(words[0], '/');
    if (!slash || !parse_number(slash + 1, 32, &prefix))
        return fail(trouble, "gateway: expected ADDRESS/PREFIX");
    if (mesh->gateway)
        return fail(trouble, "gateway: there is one already");
    *slash = 0;
    struct port *first = mesh->ports;
    mesh->gateway = add_port(mesh, "gateway", words[0], trouble);
    if (!mesh->gateway)
        return false;
    for (struct port *port = first; port != mesh->gateway && port; port = port->next)
        if (!mesh_add_link(mesh, mesh->gateway, port))
            return no_memory(trouble);
    return gateway_start(mesh, prefix) || no_memory(trouble);
}

static bool is_service(const struct mesh *mesh, const struct port *port) {
    return port != mesh->gateway && !port->outside;
}

static bool read_link(struct mesh *mesh, char **words, struct trouble *trouble) {
    struct port *source = mesh_port_named(mesh, words[0]);
    struct port *target = mesh_port_named(mesh, words[1]);
    if (!source || !target || source == target)
        return fail(trouble, "link %s %s: no such ports", words[0], words[1]);
    if (!is_service(mesh, source) || !is_service(mesh, target))
        return fail(trouble, "link %s %s: only services have links", words[0], words[1]);
    return mesh_add_link(mesh, source, target) || no_memory(trouble);
}

static bool read_hold(struct mesh *mesh, char **words, struct trouble *trouble) {
    struct port *port = mesh_port_named(mesh, words[0]);
    if (!port || !is_service(mesh, port))
        return fail(trouble, "hold %s: no such service", words[0]);
    summon_hold(port);
    tunnel_port_changed(port);
    return true;
}

static bool read_replica(struct mesh *mesh, char **words, struct trouble *trouble) {
    struct port *port = mesh_port_named(mesh, words[0]);
    struct port *first = mesh_port_named(mesh, words[1]);
    if (!port || !first || port == first || !is_service(mesh, port) || !is_service(mesh, first))
        return fail(trouble, "replica %s %s: no such ports", words[0], words[1]);
    if (port->first_replica || (first->first_replica && first->first_replica != first))
        return fail(trouble, "replica %s %s: it is one already", words[0], words[1]);
    mesh_add_replica(first, port);
    return true;
}

/* An IPv6 address in front of a port number has them. */
static char *without_brackets(char *host) {
    size_t size = strlen(host);
    if (size < 2 || host[0] != '[' || host[size - 1] != ']')
        return host;
    host[size - 1] = 0;
    return host + 1;
}

static bool read_expose(struct mesh *mesh, char **words, struct trouble *trouble) {
    uint32_t address, inside, number;
    char *colon = strrchr(words[0], ':');
    if (!colon || !parse_number(colon + 1, UINT16_MAX, &number) ||
        !parse_endpoint(words[1], &address, &inside))
        return fail(trouble, "expose: expected HOST:PORT ADDRESS:PORT");
    struct port *port = mesh_port(mesh, address);
    if (!mesh->gateway || !port || !is_service(mesh, port))
        return fail(trouble, "expose %s: no gateway, or no such port", words[1]);
    *colon = 0;
    const char *host = without_brackets(words[0]);
    const char *reason = listen_expose(host, colon + 1, port, (uint16_t)inside);
    if (!reason)
        return true;
    trouble->users = true;
    return fail(trouble,
                "cannot listen on %s port %s: %s, stop what uses the port or change `expose`", host,
                colon + 1, reason);
}

static bool read_egress(struct mesh *mesh, char **words, struct trouble *trouble) {
    struct port *service = mesh_port_named(mesh, words[0]);
    uint32_t address, number, host_number;
    char *host = words[3];
    char *colon = strrchr(host, ':');
    if (!parse_name(words[1]) || !parse_endpoint(words[2], &address, &number) || !number ||
        !colon || !parse_number(colon + 1, UINT16_MAX, &host_number))
        return fail(trouble, "egress: expected SERVICE NAME ADDRESS:PORT HOST:PORT");
    if (!mesh->gateway || !service || !is_service(mesh, service))
        return fail(trouble, "egress %s: no gateway, or no such service", words[0]);
    *colon = 0;
    const char *reason = egress_add(mesh, service, words[1], address, (uint16_t)number,
                                    without_brackets(host), colon + 1);
    return !reason || fail(trouble, "egress %s %s: %s", words[0], words[1], reason);
}

static bool read_dial(struct mesh *mesh, char **words, struct trouble *trouble) {
    if (!mesh->gateway)
        return fail(trouble, "dial: there is no gateway");
    const char *reason = listen_dial(mesh, words[0]);
    return !reason || fail(trouble, "cannot listen on %s: %s", words[0], reason);
}

static const struct {
    const char *name;
    int words;
    bool (*read)(struct mesh *mesh, char **words, struct trouble *trouble);
} facts[] = {
    {"dial", 1, read_dial},       {"expose", 2, read_expose},   {"egress", 4, read_egress},
    {"gateway", 1, read_gateway}, {"hold", 1, read_hold},       {"link", 2, read_link},
    {"port", 2, read_port},       {"replica", 2, read_replica},
};

bool config_line(struct mesh *mesh, char *line, struct trouble *trouble) {
    char *words[WORDS_MAX];
    /* A path may have blanks: `dial` has one word, to the end of the line. */
    int count = parse_words(line, strncmp(line, "dial ", 5) == 0 ? 2 : WORDS_MAX, words);
    if (count == 0 || words[0][0] == '#')
        return true;
    for (size_t at = 0; at < sizeof(facts) / sizeof(facts[0]); at++) {
        if (strcmp(words[0], facts[at].name) != 0)
            continue;
        if (count != facts[at].words + 1)
            return fail(trouble, "%s: expected %d words", words[0], facts[at].words);
        return facts[at].read(mesh, words + 1, trouble);
    }
    return fail(trouble, "%s: no such command", words[0]);
}

bool config_read(struct mesh *mesh, const char *path, struct trouble *trouble) {
    FILE *file = fopen(path, "re");
    if (!file)
        return fail(trouble, "%s: %s", path, strerror(errno));
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    bool good = true;
    while (good && (size = getline(&line, &capacity, file)) > 0) {
        if (line[size - 1] == '\n')
            line[size - 1] = 0;
        good = config_line(mesh, line, trouble);
    }
    free(line);
    fclose(file);
    return good;
}
