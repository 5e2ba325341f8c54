/* The way of one frame: policy, injected faults, delivery; counted at each step. */
#pragma once

#include "mesh.h"

/* A frame that `source` sends. It is used only during the call. */
void forward(struct mesh *mesh, struct port *source, const uint8_t *frame, uint32_t size);

/* Hands a frame that has passed the policy to its destination. */
void forward_deliver(const struct route *route, const uint8_t *frame, uint32_t size);

/* A machine is gone: the ends of its TCP connections are told by a reset each, so that nobody waits
 * for an answer that cannot come, and its flows are forgotten. */
void forward_reset_flows(struct mesh *mesh, struct port *gone);
