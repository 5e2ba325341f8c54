#include "fault.h"

#include <stdlib.h>
#include <string.h>

struct held {
    struct held *next;
    struct route route;
    uint64_t due;
    uint32_t size;
    uint8_t frame[];
};

struct fault {
    struct fault *next;
    struct port *to;
    uint32_t delay;   /* milliseconds */
    uint32_t percent; /* of frames that are lost */
    bool partitioned;
    struct held *first, **last; /* in order of sending, and of `due` */
    uint64_t last_due;
    uint32_t held_bytes;
};

static uint32_t held_frames;
static uint64_t first_due;                 /* not later than any held frame's */
static uint64_t dice = 0x9e3779b97f4a7c15; /* the same losses in every run */

static struct fault *find(struct port *from, const struct port *to) {
    struct fault *fault = from->faults;
    while (fault && fault->to != to)
        fault = fault->next;
    return fault;
}

static struct fault *find_or_add(struct port *from, struct port *to) {
    struct fault *fault = find(from, to);
    if (fault)
        return fault;
    fault = calloc(1, sizeof(*fault));
    if (!fault)
        return NULL;
    fault->to = to;
    fault->last = &fault->first;
    fault->next = from->faults;
    from->faults = fault;
    return fault;
}

bool fault_delay(struct port *from, struct port *to, uint32_t milliseconds) {
    struct fault *fault = find_or_add(from, to);
    if (fault)
        fault->delay = milliseconds;
    return fault != NULL;
}

bool fault_drop(struct port *from, struct port *to, uint32_t percent) {
    struct fault *fault = find_or_add(from, to);
    if (fault)
        fault->percent = percent;
    return fault != NULL;
}

bool fault_partition(struct port *a, struct port *b) {
    struct fault *there = find_or_add(a, b);
    struct fault *back = find_or_add(b, a);
    if (!there || !back)
        return false;
    there->partitioned = back->partitioned = true;
    return true;
}

void fault_heal(struct mesh *mesh) {
    for (struct port *port = mesh->ports; port; port = port->next) {
        for (struct fault *fault = port->faults; fault; fault = fault->next) {
            fault->delay = fault->percent = 0;
            fault->partitioned = false;
            for (struct held *held = fault->first; held; held = held->next)
                held->due = 0;
            fault->last_due = 0;
        }
    }
    first_due = 0;
}

static bool loses(uint32_t percent) {
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return dice % 100 < percent;
}

static enum verdict hold(struct fault *fault, const struct route *route, const uint8_t *frame,
                         uint32_t size, uint64_t due) {
    if (fault->held_bytes + size > QUEUE_MAX)
        return DROP_QUEUE_FULL;
    struct held *held = malloc(sizeof(*held) + size);
    if (!held)
        return DROP_QUEUE_FULL;
    *held = (struct held){.route = *route, .due = due, .size = size};
    memcpy(held->frame, frame, size);
    *fault->last = held;
    fault->last = &held->next;
    fault->last_due = due;
    fault->held_bytes += size;
    if (held_frames++ == 0 || due < first_due)
        first_due = due;
    return FRAME_HELD;
}

enum verdict fault_apply(const struct route *route, const uint8_t *frame, uint32_t size,
                         uint64_t now) {
    struct fault *fault = route->source->faults ? find(route->source, route->destination) : NULL;
    if (!fault)
        return FRAME_FORWARDED;
    if (fault->partitioned)
        return DROP_PARTITIONED;
    if (fault->percent && loses(fault->percent))
        return DROP_FAULT_INJECTED;
    if (!fault->delay && !fault->first)
        return FRAME_FORWARDED;
    /* Never before a frame that was sent earlier, even where the delay has become shorter. */
    uint64_t due = now + fault->delay;
    return hold(fault, route, frame, size, due > fault->last_due ? due : fault->last_due);
}

int fault_due(uint64_t now) {
    if (!held_frames)
        return -1;
    return first_due <= now ? 0 : (int)(first_due - now);
}

static struct held *take_due(struct fault *fault, uint64_t now) {
    struct held *held = fault->first;
    if (!held || held->due > now)
        return NULL;
    fault->first = held->next;
    if (!fault->first)
        fault->last = &fault->first;
    fault->held_bytes -= held->size;
    held_frames--;
    return held;
}

void fault_release(struct mesh *mesh, uint64_t now,
                   void (*deliver)(const struct route *route, const uint8_t *frame,
                                   uint32_t size)) {
    if (fault_due(now) != 0)
        return;
    first_due = UINT64_MAX;
    for (struct port *port = mesh->ports; port; port = port->next) {
        for (struct fault *fault = port->faults; fault; fault = fault->next) {
            struct held *held;
            while ((held = take_due(fault, now))) {
                deliver(&held->route, held->frame, held->size);
                free(held);
            }
            if (fault->first && fault->first->due < first_due)
                first_due = fault->first->due;
        }
    }
}

void fault_free(struct mesh *mesh) {
    for (struct port *port = mesh->ports; port; port = port->next) {
        while (port->faults) {
            struct fault *fault = port->faults;
            struct held *held;
            while ((held = take_due(fault, UINT64_MAX)))
                free(held);
            port->faults = fault->next;
            free(fault);
        }
    }
}
