/* What the switch knows: ports, links, and what was counted. Ports, links and ways are never
 * freed, so flows, delayed frames and tunnels may point to them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_SIZE 256     /* of a port, with its terminating zero; a DNS name has 253 bytes */
#define FRAME_MAX 65536   /* bytes of the largest frame on a wire, Ethernet header included */
#define QUEUE_MAX 4194304 /* bytes that wait for one port, and for one delayed pair */

/* What became of a frame. Everything from DROP_MALFORMED on is counted at the port that sent it. */
enum verdict {
    FRAME_HELD = -1, /* a copy is kept: by an injected delay, or for a machine that sleeps */
    FRAME_FORWARDED = 0,
    DROP_MALFORMED,           /* lengths or flags that cannot be */
    DROP_SPOOFED_MAC,         /* source MAC is not the port's own */
    DROP_SPOOFED_IP,          /* source address is not the port's own */
    DROP_NOT_IP,              /* ARP, VLAN tags, ... */
    DROP_MULTICAST,           /* broadcast and multicast, by MAC or by address */
    DROP_FRAGMENT,            /* any IP fragment, the first included */
    DROP_PROTOCOL,            /* neither TCP, UDP nor ICMP echo */
    DROP_UNKNOWN_DESTINATION, /* no port has this MAC and address */
    DROP_NO_LINK,             /* the two ports are not linked */
    DROP_AGAINST_DIRECTION,   /* opens a connection against the link's direction */
    DROP_NO_FLOW,             /* an answer to nothing */
    DROP_EGRESS,              /* to a place outside that this port may not reach */
    DROP_NOT_ATTACHED,        /* no machine runs at the other end */
    DROP_QUEUE_FULL,          /* the receiver does not read fast enough */
    DROP_FAULT_INJECTED,      /* by the control command `drop` */
    DROP_PARTITIONED,         /* by the control command `partition` */
    VERDICTS,
};

extern const char *const verdict_names[VERDICTS];

struct traffic {
    uint64_t frames, bytes;
};

struct flow;
struct fault;
struct kept;
struct wire;

struct port {
    struct port *next;          /* in the order of the configuration */
    struct port *next_alike;    /* same hash of the address */
    struct port *next_namesake; /* same hash of the name */
    char name[NAME_SIZE];
    uint32_t address; /* host byte order; the MAC follows from it */
    struct traffic sent, received;
    uint64_t drops[VERDICTS];
    struct flow *newest_flow, *oldest_flow; /* those that this port opened, by last use */
    uint32_t flows;
    uint32_t attempts;                         /* of this port to reach places outside */
    uint32_t outgoing;                         /* connections of this port to them that stand */
    struct port *first_replica, *next_replica; /* of the same service; NULL: none */
    uint32_t ways_in;                          /* connections through the gateway to this one */
    uint32_t turn;                             /* when it got the last of them */
    bool serves;                               /* and it is ready for more */
    uint64_t told_until; /* in the loop's milliseconds: till then no more is told of its attempts */
    struct fault *faults; /* injected on frames that this port sends */
    struct wire *wire;    /* the machine's end; NULL: none, the gateway, or a place outside */
    bool holds;           /* no machine is ready here: openers wait (summon.h) */
    bool wanted;          /* and somebody has asked for it */
    struct kept *first_kept, *last_kept;
    uint32_t kept;                   /* frames that wait for this port's machine */
    uint32_t waiting, waiting_bytes; /* frames of this port that wait for machines */
    bool outside; /* a host beyond the mesh, which the gateway stands for (egress.h) */
    /* NULL while nothing is attached. Never keeps `frame`. Returns FRAME_FORWARDED or a reason. */
    enum verdict (*deliver)(struct port *port, const uint8_t *frame, uint32_t size);
};

/* `source` may open connections to `target`. Frames of all flows opened so are counted here. */
struct link {
    struct link *next, *next_alike;
    struct port *source, *target;
    struct traffic forward, reverse;
    struct way *ways; /* where the target is outside: nothing else passes */
};

enum way_end {
    WAY_CONNECTED,   /* the host's server has accepted */
    WAY_REFUSED,     /* it has refused */
    WAY_UNRESOLVED,  /* the host knows no such name */
    WAY_UNREACHABLE, /* the host has no route, or no descriptor left */
    WAY_SILENT,      /* no answer in time */
    WAY_CROWDED,     /* too many attempts or connections at once */
    WAY_ENDS,
};

/* A way out: TCP to `number` at the link's target goes to a server of the host's network. */
struct way {
    struct way *next;
    uint16_t number;
    char *host, *host_number; /* as getaddrinfo() takes them */
    uint64_t ends[WAY_ENDS];
    uint64_t sent, received; /* bytes that went to servers, and came from them */
};

struct mesh {
    struct port *ports, **last_port;
    struct link *links, **last_link;
    struct port *gateway; /* NULL: no ways in */
    struct port *by_address[1024], *by_name[1024];
    struct link *by_pair[4096];
    struct flow_table *flows;
};

/* Where an accepted frame goes. `link` counts it, in which direction says `reverse`. */
struct route {
    struct port *source, *destination;
    struct link *link;
    bool reverse;
};

/* False: out of memory. */
bool mesh_init(struct mesh *mesh);
void mesh_free(struct mesh *mesh);

/* NULL: out of memory, or the name or address is taken. */
struct port *mesh_add_port(struct mesh *mesh, const char *name, uint32_t address);
/* Host ports that lead to `first` lead to `port` as well, which has no replicas yet. */
void mesh_add_replica(struct port *first, struct port *port);
/* The existing link where there is one already; NULL: out of memory. */
struct link *mesh_add_link(struct mesh *mesh, struct port *source, struct port *target);

/* False: out of memory. Strings are copied. */
bool mesh_add_way(struct link *link, uint16_t number, const char *host, const char *host_number);

/* NULL: none. */
struct way *mesh_way(const struct link *link, uint16_t number);
struct port *mesh_port(const struct mesh *mesh, uint32_t address);
struct port *mesh_port_named(const struct mesh *mesh, const char *name);
struct link *mesh_link(const struct mesh *mesh, const struct port *source,
                       const struct port *target);

/* `02:6b` and the four bytes of the address. */
void mac_of(uint32_t address, uint8_t mac[6]);
