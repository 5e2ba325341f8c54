#include "summon.h"

#include "policy.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096U /* the allowance of a sender bounds how many of its frames share one */

struct kept {
    struct kept *next_alike; /* same hash */
    struct kept *next, *previous;
    struct port *source, *destination;
    struct packet packet;
    uint32_t size;
    uint8_t frame[];
};

void (*summon_wanted)(const struct port *port);
static struct kept *buckets[BUCKETS];

static struct kept **bucket_of(const struct packet *packet) {
    uint32_t mixed = packet->source * 0x9e3779b1U ^ packet->destination * 0x85ebca6bU;
    mixed ^= (uint32_t)packet->source_port << 16 ^ packet->destination_port;
    return &buckets[(mixed ^ mixed >> 16) % BUCKETS];
}

static bool same(const struct packet *a, const struct packet *b) {
    return a->source == b->source && a->destination == b->destination && a->six == b->six &&
           a->protocol == b->protocol && a->source_port == b->source_port &&
           a->destination_port == b->destination_port;
}

/* The one that is sent again by this packet: a SYN, or an echo request. Two datagrams are never the
 * same. */
static struct kept *find(const struct packet *packet) {
    if (packet->protocol == PROTOCOL_UDP)
        return NULL;
    struct kept *kept = *bucket_of(packet);
    while (kept && !same(&kept->packet, packet))
        kept = kept->next_alike;
    return kept;
}

static void forget(struct kept *kept) {
    struct kept **at = bucket_of(&kept->packet);
    while (*at != kept)
        at = &(*at)->next_alike;
    *at = kept->next_alike;
    struct port *port = kept->destination;
    *(kept->previous ? &kept->previous->next : &port->first_kept) = kept->next;
    *(kept->next ? &kept->next->previous : &port->last_kept) = kept->previous;
    port->kept--;
    kept->source->waiting--;
    kept->source->waiting_bytes -= kept->size;
    free(kept);
}

static bool add(const struct route *route, const struct packet *packet, const uint8_t *frame,
                uint32_t size) {
    struct port *source = route->source, *port = route->destination;
    if (source->waiting >= KEPT_FRAMES || source->waiting_bytes + size > KEPT_BYTES)
        return false;
    struct kept *kept = malloc(sizeof(*kept) + size);
    if (!kept)
        return false;
    struct kept **bucket = bucket_of(packet);
    *kept = (struct kept){.next_alike = *bucket,
                          .previous = port->last_kept,
                          .source = source,
                          .destination = port,
                          .packet = *packet,
                          .size = size};
    memcpy(kept->frame, frame, size);
    *bucket = kept;
    *(kept->previous ? &kept->previous->next : &port->first_kept) = kept;
    port->last_kept = kept;
    port->kept++;
    source->waiting++;
    source->waiting_bytes += size;
    return true;
}

void summon_hold(struct port *port) {
    if (port->holds)
        return;
    port->holds = true;
    port->wanted = false;
}

void summon_want(struct port *port) {
    if (!port->holds || port->wanted)
        return;
    port->wanted = true;
    summon_wanted(port);
}

enum verdict summon_keep(const struct route *route, const uint8_t *frame, uint32_t size) {
    struct packet packet;
    enum verdict verdict = frame_read(frame, size, route->source->address, &packet);
    if (verdict)
        return verdict;
    if (route->reverse || !policy_opens(&packet))
        return FRAME_FORWARDED;
    struct kept *older = find(&packet);
    if (older)
        forget(older);
    summon_want(route->destination);
    return add(route, &packet, frame, size) ? FRAME_HELD : DROP_QUEUE_FULL;
}

void summon_release(struct mesh *mesh, struct port *port, uint64_t now,
                    void (*deliver)(const struct route *route, const uint8_t *frame,
                                    uint32_t size)) {
    port->holds = false;
    while (port->first_kept) {
        struct kept *kept = port->first_kept;
        struct route route;
        enum verdict verdict =
            policy_judge(mesh, kept->source, kept->frame, kept->size, now, &route);
        if (verdict)
            kept->source->drops[verdict]++;
        else
            deliver(&route, kept->frame, kept->size);
        forget(kept);
    }
}

void summon_refuse(struct port *port,
                   void (*refuse)(struct port *sender, const struct packet *packet)) {
    port->holds = false;
    while (port->first_kept) {
        struct kept *kept = port->first_kept;
        if (kept->packet.protocol == PROTOCOL_TCP)
            refuse(kept->source, &kept->packet);
        forget(kept);
    }
}

void summon_free(struct mesh *mesh) {
    for (struct port *port = mesh->ports; port; port = port->next)
        while (port->first_kept)
            forget(port->first_kept);
}
