/* A tunnel: a stream socket of the host joined to a TCP connection into the mesh. Bytes go both
 * ways with back-pressure, a half-close stays half, a reset goes on as a reset. */
#pragma once

#include "mesh.h"

enum tunnel_kind {
    TUNNEL_EXPOSE, /* silent: the host's client sees a connection that ends */
    TUNNEL_DIAL,   /* the client is told `ok` or `error TEXT` first */
    TUNNEL_EGRESS, /* the other way: the host's socket leads to a server outside */
};

/* Takes over the host's socket and opens a connection to the address; as long as the service
 * refuses or no machine is there, it tries again, until `patience` milliseconds are over. */
void tunnel_open(int fd, struct port *port, uint16_t number, enum tunnel_kind kind,
                 uint32_t patience);

struct tcp_pcb;

/* Joins the host's connected socket to a connection that the machine at this port has opened along
 * this way; it counts as outgoing until it ends. False: out of memory, and both are as they were.
 */
bool tunnel_join(int fd, struct tcp_pcb *pcb, struct port *port, struct way *way);

/* Once a turn: moves bytes where a side has become ready. */
void tunnel_pump_all(void);
/* Once a turn, when nothing refers to ended tunnels any longer. */
void tunnel_bury_all(void);

/* A machine came or went, or its port holds or does so no longer: waiting tunnels start or ask for
 * the machine, joined ones are reset. */
void tunnel_port_changed(const struct port *port);

/* The machine does not come up: nobody waits for it any longer. */
void tunnel_port_failed(const struct port *port);

uint32_t tunnel_count(void);
