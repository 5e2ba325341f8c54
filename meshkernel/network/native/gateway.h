/* The gateway: lwIP as one more port of the switch. It opens connections into the mesh, and stands
 * for the places outside that services may reach (egress.h); no machine has a link to itself. */
#pragma once

#include "mesh.h"

/* False: out of memory. `mesh->gateway` must be set. `prefix`: bits of the mesh's network. */
bool gateway_start(struct mesh *mesh, unsigned prefix);

/* A frame for a place outside, as lwIP's own. */
enum verdict gateway_take_outside(const struct port *port, const uint8_t *frame, uint32_t size);

/* lwIP's timers, and its next one in milliseconds; -1: none. */
void gateway_check_timers(void);
int gateway_due(void);
