#include "wire.h"

#include "forward.h"
#include "frame.h"
#include "loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define LENGTH_SIZE 4
#define INPUT_SIZE (4 * FRAME_MAX)
#define QUEUE_FIRST 65536 /* a queue starts with this and doubles up to QUEUE_MAX */

struct wire {
    struct watch watch;
    struct mesh *mesh;
    struct port *port;
    struct wire *next_dirty;
    bool dirty;
    /* Frames that wait for the machine, a ring. `head` and `tail` count bytes from the start on. */
    uint8_t *queue;
    uint32_t capacity; /* a power of two */
    uint64_t head, tail;
    uint32_t have; /* bytes of `input` */
    uint8_t input[INPUT_SIZE];
};

void (*wire_changed)(struct port *port, const char *reason);
static struct wire *dirty_wires;

static void mark_dirty(struct wire *wire) {
    if (wire->dirty)
        return;
    wire->dirty = true;
    wire->next_dirty = dirty_wires;
    dirty_wires = wire;
}

static void unmark_dirty(struct wire *wire) {
    struct wire **at = &dirty_wires;
    while (*at && *at != wire)
        at = &(*at)->next_dirty;
    if (*at)
        *at = wire->next_dirty;
    wire->dirty = false;
}

void wire_detach(struct port *port, const char *reason) {
    struct wire *wire = port->wire;
    if (!wire)
        return;
    port->wire = NULL;
    port->deliver = NULL;
    port->serves = false;
    unmark_dirty(wire);
    loop_unwatch(&wire->watch);
    close(wire->watch.fd);
    struct mesh *mesh = wire->mesh;
    free(wire->queue);
    free(wire);
    forward_reset_flows(mesh, port);
    wire_changed(port, reason);
}

/* Copies into the ring, which may wrap. */
static void ring_put(struct wire *wire, const void *bytes, uint32_t size) {
    uint32_t at = (uint32_t)(wire->tail & (wire->capacity - 1));
    uint32_t first = size < wire->capacity - at ? size : wire->capacity - at;
    memcpy(wire->queue + at, bytes, first);
    memcpy(wire->queue, (const uint8_t *)bytes + first, size - first);
    wire->tail += size;
}

/* The one or two pieces of the ring that hold what waits. */
static int ring_pieces(const struct wire *wire, struct iovec pieces[2]) {
    uint32_t size = (uint32_t)(wire->tail - wire->head);
    uint32_t at = (uint32_t)(wire->head & (wire->capacity - 1));
    uint32_t first = size < wire->capacity - at ? size : wire->capacity - at;
    pieces[0] = (struct iovec){wire->queue + at, first};
    pieces[1] = (struct iovec){wire->queue, size - first};
    return size > first ? 2 : 1;
}

static bool ring_reserve(struct wire *wire, uint32_t size) {
    uint32_t used = (uint32_t)(wire->tail - wire->head);
    if (used + size <= wire->capacity)
        return true;
    uint32_t capacity = wire->capacity ? wire->capacity : QUEUE_FIRST;
    while (capacity < used + size)
        capacity *= 2;
    uint8_t *queue = capacity <= QUEUE_MAX ? malloc(capacity) : NULL;
    if (!queue)
        return false;
    struct iovec pieces[2] = {0};
    if (used) {
        ring_pieces(wire, pieces);
        memcpy(queue, pieces[0].iov_base, pieces[0].iov_len);
        memcpy(queue + pieces[0].iov_len, pieces[1].iov_base, pieces[1].iov_len);
    }
    free(wire->queue);
    wire->queue = queue;
    wire->capacity = capacity;
    wire->head = 0;
    wire->tail = used;
    return true;
}

static enum verdict deliver(struct port *port, const uint8_t *frame, uint32_t size) {
    struct wire *wire = port->wire;
    if (!ring_reserve(wire, LENGTH_SIZE + size))
        return DROP_QUEUE_FULL;
    uint8_t length[LENGTH_SIZE];
    put32(length, size);
    ring_put(wire, length, LENGTH_SIZE);
    ring_put(wire, frame, size);
    mark_dirty(wire);
    return FRAME_FORWARDED;
}

/* NULL, or why the wire cannot be used any longer. */
static const char *flush(struct wire *wire) {
    while (wire->tail > wire->head) {
        struct iovec pieces[2];
        struct msghdr message = {.msg_iov = pieces, .msg_iovlen = ring_pieces(wire, pieces)};
        ssize_t sent = sendmsg(wire->watch.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno != EAGAIN)
            return strerror(errno);
        if (sent < 0)
            break;
        wire->head += (uint64_t)sent;
    }
    bool waits = wire->tail > wire->head;
    if (!waits && wire->capacity > QUEUE_FIRST) { /* a burst is over */
        free(wire->queue);
        wire->queue = NULL;
        wire->capacity = 0;
        wire->head = wire->tail = 0;
    }
    return loop_watch(&wire->watch, waits ? EPOLLIN | EPOLLOUT : EPOLLIN) ? NULL : strerror(errno);
}

/* A reset that follows a detached wire may make another one dirty: so until none is left. */
void wire_flush_all(void) {
    while (dirty_wires) {
        struct wire *wire = dirty_wires;
        unmark_dirty(wire);
        const char *trouble = flush(wire);
        if (trouble)
            wire_detach(wire->port, trouble);
    }
}

/* Forwards the whole frames of the input. False: a length that cannot be. */
static bool take_frames(struct wire *wire) {
    uint32_t at = 0;
    while (wire->have - at >= LENGTH_SIZE) {
        uint32_t size = get32(wire->input + at);
        if (size > FRAME_MAX) {
            wire->port->drops[DROP_MALFORMED]++;
            return false;
        }
        if (wire->have - at - LENGTH_SIZE < size)
            break;
        forward(wire->mesh, wire->port, wire->input + at + LENGTH_SIZE, size);
        at += LENGTH_SIZE + size;
    }
    wire->have -= at;
    memmove(wire->input, wire->input + at, wire->have);
    return true;
}

static void wire_ready(struct watch *watch, uint32_t events) {
    struct wire *wire = (struct wire *)watch;
    if (events & EPOLLOUT)
        mark_dirty(wire);
    if (!(events & ~(uint32_t)EPOLLOUT))
        return;
    ssize_t got = read(watch->fd, wire->input + wire->have, INPUT_SIZE - wire->have);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        wire_detach(wire->port, got == 0 ? "closed" : strerror(errno));
        return;
    }
    wire->have += (uint32_t)got;
    if (!take_frames(wire))
        wire_detach(wire->port, "malformed");
}

bool wire_attach(struct mesh *mesh, struct port *port, int fd) {
    wire_detach(port, "replaced");
    struct wire *wire = malloc(sizeof(*wire)); /* not cleared: input is touched only as it fills */
    if (wire) {
        memset(wire, 0, offsetof(struct wire, input));
        wire->watch = (struct watch){.fd = fd, .ready = wire_ready};
    }
    if (!wire || fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || !loop_watch(&wire->watch, EPOLLIN)) {
        int reason = errno;
        free(wire);
        close(fd);
        errno = reason;
        return false;
    }
    wire->mesh = mesh;
    wire->port = port;
    port->wire = wire;
    port->deliver = deliver;
    wire_changed(port, NULL);
    return true;
}
