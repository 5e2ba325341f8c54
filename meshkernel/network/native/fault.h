/* Faults that a test injects between two ports: delay, loss, partition. Each acts on the frames
 * that one port sends to another, after the policy has let them pass. */
#pragma once

#include "mesh.h"

/* All return false when out of memory. 0 ends a fault. */
bool fault_delay(struct port *from, struct port *to, uint32_t milliseconds);
bool fault_drop(struct port *from, struct port *to, uint32_t percent);
bool fault_partition(struct port *a, struct port *b); /* both directions */
/* Ends every fault; frames that are held leave at the next fault_release. */
void fault_heal(struct mesh *mesh);

/* FRAME_FORWARDED: deliver it now. FRAME_HELD: a copy is kept. Otherwise dropped. */
enum verdict fault_apply(const struct route *route, const uint8_t *frame, uint32_t size,
                         uint64_t now);

/* Milliseconds until the first held frame is due; -1: none is held. */
int fault_due(uint64_t now);
/* Hands every frame that is due to `deliver`, in the order in which each pair sent them. */
void fault_release(struct mesh *mesh, uint64_t now,
                   void (*deliver)(const struct route *route, const uint8_t *frame, uint32_t size));
void fault_free(struct mesh *mesh);
