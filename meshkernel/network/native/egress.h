/* The ways out: connections of machines to servers of the host's network, each allowed by the
 * topology.
 *
 * A place outside is a port of the switch without a machine: the policy lets TCP of the services
 * that have a way pass to it, and the gateway's lwIP answers in its name. The first segment of a
 * connection is kept until the host's own connection to the server stands, so that a machine sees
 * it refused, or nobody answer, as if it stood in the host's place. */
#pragma once

#include "mesh.h"
#include "text.h"

#define TOLD_EVERY 1000

/* One way. `name` and `address`: what the place is inside the mesh; `host` and `host_number`: what
 * it is for the host. NULL, or why not: a static string. */
const char *egress_add(struct mesh *mesh, struct port *service, const char *name, uint32_t address,
                       uint16_t number, const char *host, const char *host_number);

/* A packet that opens a connection to where its port has no way: refused at once, in the name of
 * whoever it is for, so that its sender need not wait for its last retry. */
void egress_refuse(struct port *sender, const uint8_t *frame, uint32_t size);

/* Lets the supervisor know why a connection did not come about, once in TOLD_EVERY milliseconds for
 * a port: a machine must not fill logs. */
void egress_tell(struct port *service, const char *place, uint16_t number, const char *why);
void egress_tell_end(struct port *service, const struct port *place, uint16_t number,
                     enum way_end why);

/* A machine is gone: so are its connections that do not stand yet. */
void egress_port_changed(const struct port *port);

/* Once a turn, when no event can refer to attempts that have ended. */
void egress_bury_all(void);

/* Adds a JSON list of the ways with what came of each attempt. */
void egress_report(const struct mesh *mesh, struct text *text);
