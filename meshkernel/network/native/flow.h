/* Flows: who opened what, so that answers pass and nothing else does against a link's direction.
 *
 * A flow belongs to the port that opened it, and each port has its own bounded list: a machine that
 * opens without end pushes out its own oldest flows and nobody else's. Time in milliseconds. */
#pragma once

#include "frame.h"
#include "mesh.h"

#define FLOWS_PER_PORT 16384

enum flow_state {
    FLOW_OPENING,     /* TCP: SYN seen, no answer yet */
    FLOW_ESTABLISHED, /* TCP: answered; UDP and ICMP echo: always */
    FLOW_CLOSING,     /* TCP: one FIN */
    FLOW_CLOSED,      /* TCP: both, or a reset */
};

struct flow {
    struct flow *next_alike;    /* same hash */
    struct flow *newer, *older; /* of the same opener */
    uint64_t expires;
    struct link *link; /* its source is the opener */
    uint16_t source_port, target_port;
    uint8_t protocol;
    bool six; /* IPv6 */
    uint8_t state;
    bool fin_source, fin_target;
    /* TCP, for a reset in the name of an end that is gone: what each end expects next, 0: unknown
     */
    uint32_t source_expects, target_expects;
};

struct flow_table;

struct flow_table *flow_table_new(void); /* NULL: out of memory */
void flow_table_free(struct flow_table *table);
uint32_t flow_count(const struct flow_table *table);

/* The flow that the packet belongs to, in whichever direction; NULL: none, or expired. */
struct flow *flow_find(struct flow_table *table, const struct packet *packet, uint64_t now);

/* A new flow opened by the packet's sender along `link`; pushes out the sender's oldest beyond
 * FLOWS_PER_PORT. NULL: out of memory. */
struct flow *flow_open(struct flow_table *table, struct link *link, const struct packet *packet);

/* Follows the connection's state and renews its life. `reverse`: sent by the flow's target. */
void flow_note(struct flow *flow, const struct packet *packet, bool reverse, uint64_t now);

/* Whether something stands that was opened to the port: datagrams of late, a TCP connection that is
 * half-open, or one to another number than `but`. */
bool flow_stands(const struct flow_table *table, const struct port *port, uint16_t but,
                 uint64_t now);

void flow_close(struct flow_table *table, struct flow *flow);

/* Calls `each` for every flow of the port, opened by it or to it, then closes them. */
void flow_close_port(struct flow_table *table, const struct port *port,
                     void (*each)(const struct flow *flow, void *context), void *context);
