/* The gateway: lwIP as one more port of the switch. It opens connections into the mesh, and nothing
 * else: no machine has a link to it. */
#pragma once

#include "mesh.h"

/* False: out of memory. `mesh->gateway` must be set. `prefix`: bits of the mesh's network. */
bool gateway_start(struct mesh *mesh, unsigned prefix);

/* lwIP's timers, and its next one in milliseconds; -1: none. */
void gateway_check_timers(void);
int gateway_due(void);
