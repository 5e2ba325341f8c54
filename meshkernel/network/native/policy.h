/* Who may send what to whom. Follows flows and looks at nothing else: no I/O, no clock of its own.
 */
#pragma once

#include "frame.h"
#include "mesh.h"

/* Whether a packet begins something that may wait for its receiver: a connection, a datagram, an
 * echo request. */
bool policy_opens(const struct packet *packet);

/* FRAME_FORWARDED with *route filled, or the reason to drop the frame. `now` in milliseconds. */
enum verdict policy_judge(struct mesh *mesh, struct port *source, const uint8_t *frame,
                          uint32_t size, uint64_t now, struct route *route);
