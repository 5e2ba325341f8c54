/* The supervisor's end: one command a line, one reply a line, in order; replies and events are
 * JSON. Losing it ends the switch. */
#pragma once

#include "mesh.h"

/* False with errno set. */
bool control_start(struct mesh *mesh, int fd);
/* False: the supervisor is gone. */
bool control_open(void);
/* Writes an event: what happened by itself. `reason` NULL: attached. */
void control_port_changed(const struct port *port, const char *reason);
void control_ready(void);
/* Somebody wants the machine of a port that holds. */
void control_summon(const struct port *port);
/* A connection outside that did not come about. `why`: a drop's or a way's word for it. */
void control_no_way(const struct port *port, const char *place, uint16_t number, const char *why);
void control_stop(void);
