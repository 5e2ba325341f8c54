#define _GNU_SOURCE
#include "attempt.h"

#include "egress.h"
#include "gateway.h"
#include "lookup.h"
#include "loop.h"
#include "refusal.h"

#include <errno.h>
#include <lwip/timeouts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUCKETS 1024

enum state {
    LOOKING_UP,
    CONNECTING,
    STANDING, /* the server has accepted: lwIP does the machine's handshake */
    ENDED,
};

struct attempt {
    struct watch watch; /* the socket to the server */
    struct attempt *next;
    struct attempt *next_grave;
    enum state state;
    struct connection connection;
    struct port *service;
    struct way *way;
    struct lookup *lookup;
    struct addrinfo *found, *at; /* the server's addresses, and the one that is tried */
    struct refusal refusal;      /* by the addresses so far */
    uint32_t size;
    uint8_t syn[]; /* the frame */
};

static struct mesh *mesh;
static struct attempt *buckets[BUCKETS], *graves;

static void try_next(struct attempt *attempt);

void attempt_use(struct mesh *its_mesh) {
    mesh = its_mesh;
}

static struct attempt **bucket_of(const struct connection *connection) {
    uint32_t mixed = (connection->address ^ connection->place->address * 0x85ebca6bU) * 0x9e3779b1U;
    return &buckets[((mixed >> 8) ^ connection->source_port) % BUCKETS];
}

static bool same(const struct connection *a, const struct connection *b) {
    return a->place == b->place && a->address == b->address && a->source_port == b->source_port &&
           a->number == b->number;
}

static struct attempt *find(const struct connection *wanted) {
    struct attempt *attempt = *bucket_of(wanted);
    while (attempt && !same(&attempt->connection, wanted))
        attempt = attempt->next;
    return attempt;
}

static void silence(void *argument);
static void abandon(void *argument);

/* The socket stays with the caller where it was taken: then watch.fd is -1. */
static void end(struct attempt *attempt) {
    struct attempt **at = bucket_of(&attempt->connection);
    while (*at != attempt)
        at = &(*at)->next;
    *at = attempt->next;
    attempt->state = ENDED;
    attempt->service->attempts--;
    sys_untimeout(silence, attempt);
    sys_untimeout(abandon, attempt);
    if (attempt->lookup)
        lookup_cancel(attempt->lookup);
    if (attempt->found)
        freeaddrinfo(attempt->found);
    loop_unwatch(&attempt->watch);
    if (attempt->watch.fd >= 0)
        close(attempt->watch.fd);
    attempt->next_grave = graves;
    graves = attempt;
}

void attempt_bury_all(void) {
    while (graves) {
        struct attempt *next = graves->next_grave;
        free(graves);
        graves = next;
    }
}

/* In vain. */
static void fail(struct attempt *attempt, enum way_end why) {
    attempt->way->ends[why]++;
    egress_tell_end(attempt->service, attempt->connection.place, attempt->connection.number, why);
    refusal_send(attempt->service, why, attempt->refusal.error, mesh->gateway, attempt->syn,
                 attempt->size);
    end(attempt);
}

static void close_socket(struct attempt *attempt) {
    sys_untimeout(silence, attempt);
    loop_unwatch(&attempt->watch);
    if (attempt->watch.fd >= 0)
        close(attempt->watch.fd);
    attempt->watch.fd = -1;
}

static void give_up_address(struct attempt *attempt, int error) {
    refusal_note(&attempt->refusal, error);
    close_socket(attempt);
    attempt->at = attempt->at->ai_next;
    try_next(attempt);
}

static void silence(void *argument) {
    give_up_address(argument, ETIMEDOUT);
}

/* The machine has not gone on with its handshake. */
static void abandon(void *argument) {
    end(argument);
}

static void stand(struct attempt *attempt) {
    attempt->way->ends[WAY_CONNECTED]++;
    attempt->state = STANDING;
    sys_untimeout(silence, attempt);
    loop_unwatch(&attempt->watch); /* from here it is the tunnel's, which looks at it soon */
    sys_timeout(HANDSHAKE_PATIENCE, abandon, attempt);
    gateway_take_outside(attempt->connection.place, attempt->syn, attempt->size);
}

static void ready(struct watch *watch, uint32_t events) {
    struct attempt *attempt = (struct attempt *)watch;
    int error = 0;
    socklen_t size = sizeof(error);
    (void)events;
    if (getsockopt(watch->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        error = errno;
    if (error)
        give_up_address(attempt, error);
    else
        stand(attempt);
}

/* False with errno set: this address cannot be tried at all. */
static bool begin(struct attempt *attempt) {
    const struct addrinfo *at = attempt->at;
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    attempt->watch = (struct watch){.fd = fd, .ready = ready};
    if (fd < 0)
        return false;
    if (connect(fd, at->ai_addr, at->ai_addrlen) < 0 && errno != EINPROGRESS)
        return false;
    return loop_watch(&attempt->watch, EPOLLOUT);
}

static void try_next(struct attempt *attempt) {
    while (attempt->at) {
        if (begin(attempt)) {
            sys_timeout(SERVER_PATIENCE, silence, attempt);
            return;
        }
        refusal_note(&attempt->refusal, errno);
        close_socket(attempt);
        attempt->at = attempt->at->ai_next;
    }
    fail(attempt, attempt->refusal.why);
}

static void looked_up(void *argument, struct addrinfo *found) {
    struct attempt *attempt = argument;
    attempt->lookup = NULL;
    attempt->found = attempt->at = found;
    if (!found) {
        fail(attempt, WAY_UNRESOLVED);
        return;
    }
    attempt->state = CONNECTING;
    try_next(attempt);
}

bool attempt_opens(const uint8_t *frame, uint32_t size, struct connection *opened) {
    struct packet packet;
    if (frame_read(frame, size, get32(frame + 8), &packet) || packet.protocol != PROTOCOL_TCP ||
        packet.icmp_type || (packet.tcp_flags & (TCP_FLAG_SYN | TCP_FLAG_ACK)) != TCP_FLAG_SYN)
        return false;
    opened->address = packet.source;
    opened->source_port = packet.source_port;
    opened->number = packet.destination_port;
    return true;
}

static struct attempt *make(const struct connection *wanted, struct port *service, struct way *way,
                            const uint8_t *frame, uint32_t size) {
    struct attempt *attempt = calloc(1, sizeof(*attempt) + size);
    if (!attempt)
        return NULL;
    attempt->watch.fd = -1;
    attempt->connection = *wanted;
    attempt->service = service;
    attempt->way = way;
    attempt->refusal.why = WAY_UNREACHABLE;
    attempt->size = size;
    memcpy(attempt->syn, frame, size);
    struct attempt **bucket = bucket_of(wanted);
    attempt->next = *bucket;
    *bucket = attempt;
    service->attempts++;
    return attempt;
}

static bool is_crowded(const struct port *service) {
    return service->attempts >= ATTEMPTS_PER_PORT ||
           service->attempts + service->outgoing >= OUTGOING_PER_PORT;
}

static void start(const struct connection *wanted, const uint8_t *frame, uint32_t size) {
    struct port *service = mesh_port(mesh, wanted->address);
    struct link *link = service ? mesh_link(mesh, service, wanted->place) : NULL;
    struct way *way = link ? mesh_way(link, wanted->number) : NULL;
    if (!way)
        return; /* the policy has looked already */
    struct attempt *attempt = is_crowded(service) ? NULL : make(wanted, service, way, frame, size);
    if (!attempt) {
        way->ends[WAY_CROWDED]++; /* the machine sends its SYN again */
        egress_tell_end(service, wanted->place, wanted->number, WAY_CROWDED);
        return;
    }
    bool failed;
    struct lookup *lookup = lookup_start(way->host, way->host_number, looked_up, attempt, &failed);
    if (failed)
        fail(attempt, WAY_UNREACHABLE);
    else if (lookup)
        attempt->lookup = lookup;
}

bool attempt_serve(const struct connection *wanted, const uint8_t *frame, uint32_t size) {
    struct attempt *attempt = find(wanted);
    if (attempt)
        return attempt->state == STANDING;
    start(wanted, frame, size);
    return false;
}

int attempt_take(const struct connection *wanted, struct port **service, struct way **way) {
    struct attempt *attempt = find(wanted);
    if (!attempt || attempt->state != STANDING)
        return -1;
    int fd = attempt->watch.fd;
    attempt->watch.fd = -1;
    *service = attempt->service;
    *way = attempt->way;
    end(attempt);
    return fd;
}

void attempt_drop(int fd) {
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger));
    close(fd);
}

void attempt_forget(const struct port *service) {
    for (size_t at = 0; at < BUCKETS; at++) {
        struct attempt *next;
        for (struct attempt *attempt = buckets[at]; attempt; attempt = next) {
            next = attempt->next;
            if (attempt->service == service)
                end(attempt);
        }
    }
}
