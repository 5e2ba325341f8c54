#include "flow.h"

#include <stdlib.h>
#include <sys/random.h>

#define BUCKETS 65536U

/* A connection in use may be silent for long: a mesh keeps one per link. An opener that outlives
 * its flow opens it anew with its next packet. */
static const uint64_t tcp_life[] = {
    [FLOW_OPENING] = 60000,
    [FLOW_ESTABLISHED] = 86400000,
    [FLOW_CLOSING] = 600000,
    [FLOW_CLOSED] = 10000,
};
static const uint64_t udp_life = 180000;
static const uint64_t icmp_life = 30000;

struct flow_table {
    uint64_t secret; /* machines choose ports: they must not choose buckets */
    uint32_t count;
    struct flow *buckets[BUCKETS];
};

struct flow_table *flow_table_new(void) {
    struct flow_table *table = calloc(1, sizeof(*table));
    if (!table)
        return NULL;
    if (getrandom(&table->secret, sizeof(table->secret), 0) != sizeof(table->secret)) {
        free(table);
        return NULL;
    }
    return table;
}

void flow_table_free(struct flow_table *table) {
    if (!table)
        return;
    for (uint32_t at = 0; at < BUCKETS; at++) {
        while (table->buckets[at]) {
            struct flow *next = table->buckets[at]->next_alike;
            free(table->buckets[at]);
            table->buckets[at] = next;
        }
    }
    free(table);
}

uint32_t flow_count(const struct flow_table *table) {
    return table->count;
}

static uint64_t mixed(uint64_t value) {
    value = (value ^ value >> 32) * 0xd6e8feb86659fd93ULL;
    value = (value ^ value >> 32) * 0xd6e8feb86659fd93ULL;
    return value ^ value >> 32;
}

/* The same for both directions: the two ends are added, not put in order. */
static uint32_t bucket_of(const struct flow_table *table, uint32_t a, uint16_t a_port, uint32_t b,
                          uint16_t b_port, uint8_t protocol, bool six) {
    uint64_t one = mixed(table->secret ^ ((uint64_t)a << 16 | a_port));
    uint64_t other = mixed(table->secret ^ ((uint64_t)b << 16 | b_port));
    return (uint32_t)(mixed(one + other + protocol + (six ? 256 : 0)) % BUCKETS);
}

static bool sent_by_source(const struct flow *flow, const struct packet *packet) {
    return flow->link->source->address == packet->source &&
           flow->link->target->address == packet->destination &&
           flow->source_port == packet->source_port &&
           flow->target_port == packet->destination_port;
}

static bool sent_by_target(const struct flow *flow, const struct packet *packet) {
    return flow->link->target->address == packet->source &&
           flow->link->source->address == packet->destination &&
           flow->target_port == packet->source_port &&
           flow->source_port == packet->destination_port;
}

struct flow *flow_find(struct flow_table *table, const struct packet *packet, uint64_t now) {
    uint32_t bucket = bucket_of(table, packet->source, packet->source_port, packet->destination,
                                packet->destination_port, packet->protocol, packet->six);
    struct flow *flow = table->buckets[bucket];
    while (flow && (flow->protocol != packet->protocol || flow->six != packet->six ||
                    !(sent_by_source(flow, packet) || sent_by_target(flow, packet))))
        flow = flow->next_alike;
    if (flow && flow->expires <= now) {
        flow_close(table, flow);
        return NULL;
    }
    return flow;
}

static void unlink_use(struct flow *flow) {
    struct port *port = flow->link->source;
    *(flow->newer ? &flow->newer->older : &port->newest_flow) = flow->older;
    *(flow->older ? &flow->older->newer : &port->oldest_flow) = flow->newer;
}

static void link_newest(struct flow *flow) {
    struct port *port = flow->link->source;
    flow->newer = NULL;
    flow->older = port->newest_flow;
    *(flow->older ? &flow->older->newer : &port->oldest_flow) = flow;
    port->newest_flow = flow;
}

void flow_close(struct flow_table *table, struct flow *flow) {
    uint32_t bucket =
        bucket_of(table, flow->link->source->address, flow->source_port,
                  flow->link->target->address, flow->target_port, flow->protocol, flow->six);
    struct flow **at = &table->buckets[bucket];
    while (*at != flow)
        at = &(*at)->next_alike;
    *at = flow->next_alike;
    unlink_use(flow);
    flow->link->source->flows--;
    table->count--;
    free(flow);
}

struct flow *flow_open(struct flow_table *table, struct link *link, const struct packet *packet) {
    if (link->source->flows >= FLOWS_PER_PORT)
        flow_close(table, link->source->oldest_flow);
    struct flow *flow = calloc(1, sizeof(*flow));
    if (!flow)
        return NULL;
    flow->link = link;
    flow->source_port = packet->source_port;
    flow->target_port = packet->destination_port;
    flow->protocol = packet->protocol;
    flow->six = packet->six;
    flow->state = packet->protocol == PROTOCOL_TCP ? FLOW_OPENING : FLOW_ESTABLISHED;
    uint32_t bucket = bucket_of(table, packet->source, packet->source_port, packet->destination,
                                packet->destination_port, packet->protocol, packet->six);
    flow->next_alike = table->buckets[bucket];
    table->buckets[bucket] = flow;
    link_newest(flow);
    link->source->flows++;
    table->count++;
    return flow;
}

static void note_tcp(struct flow *flow, const struct packet *packet, bool reverse) {
    uint8_t flags = packet->tcp_flags;
    if (flags & TCP_FLAG_ACK)
        *(reverse ? &flow->target_expects : &flow->source_expects) = packet->acknowledged;
    if (flags & TCP_FLAG_RST) {
        flow->state = FLOW_CLOSED;
        return;
    }
    if (!reverse && (flags & (TCP_FLAG_SYN | TCP_FLAG_ACK)) == TCP_FLAG_SYN) {
        flow->state = FLOW_OPENING; /* the same ports once more */
        flow->fin_source = flow->fin_target = false;
        flow->source_expects = flow->target_expects = 0;
        return;
    }
    if (flow->state == FLOW_CLOSED)
        return;
    if (flow->state == FLOW_OPENING && (reverse || !(flags & TCP_FLAG_SYN)))
        flow->state = FLOW_ESTABLISHED;
    if (flags & TCP_FLAG_FIN)
        *(reverse ? &flow->fin_target : &flow->fin_source) = true;
    if (flow->fin_source || flow->fin_target)
        flow->state = flow->fin_source && flow->fin_target ? FLOW_CLOSED : FLOW_CLOSING;
}

void flow_note(struct flow *flow, const struct packet *packet, bool reverse, uint64_t now) {
    if (flow->protocol == PROTOCOL_TCP && packet->icmp_type != ICMP_UNREACHABLE)
        note_tcp(flow, packet, reverse);
    uint64_t life = flow->protocol == PROTOCOL_TCP   ? tcp_life[flow->state]
                    : flow->protocol == PROTOCOL_UDP ? udp_life
                                                     : icmp_life;
    flow->expires = now + life;
    if (flow->newer) {
        unlink_use(flow);
        link_newest(flow);
    }
}

static bool stands(const struct flow *flow, uint16_t but) {
    if (flow->protocol != PROTOCOL_TCP)
        return flow->protocol == PROTOCOL_UDP;
    return flow->state == FLOW_OPENING || (flow->state != FLOW_CLOSED && flow->target_port != but);
}

bool flow_stands(const struct flow_table *table, const struct port *port, uint16_t but,
                 uint64_t now) {
    for (uint32_t bucket = 0; bucket < BUCKETS; bucket++)
        for (const struct flow *flow = table->buckets[bucket]; flow; flow = flow->next_alike)
            if (flow->link->target == port && flow->expires > now && stands(flow, but))
                return true;
    return false;
}

void flow_close_port(struct flow_table *table, const struct port *port,
                     void (*each)(const struct flow *flow, void *context), void *context) {
    for (uint32_t bucket = 0; bucket < BUCKETS; bucket++) {
        struct flow *flow = table->buckets[bucket];
        while (flow) {
            struct flow *next = flow->next_alike;
            if (flow->link->source == port || flow->link->target == port) {
                each(flow, context);
                flow_close(table, flow);
            }
            flow = next;
        }
    }
}
