/* Ports that hold: their machine sleeps, or is not ready yet. What would open a connection to one
 * is kept until the machine is ready, so that a caller is late and never refused. Everything else
 * goes its ordinary way: answers to what a booting machine opens itself, and the connections of a
 * machine that is being put to sleep. */
#pragma once

#include "frame.h"
#include "mesh.h"

/* Of one sender, for all ports that hold: it can fill nobody's place but its own. */
#define KEPT_FRAMES 2048
#define KEPT_BYTES 1048576

/* Called once for each time that a port holds, when somebody wants its machine. */
extern void (*summon_wanted)(const struct port *port);

/* From now on. Does nothing where the port holds already. */
void summon_hold(struct port *port);

/* Somebody wants the machine of a port; does nothing where the port does not hold. */
void summon_want(struct port *port);

/* For a frame to a port that holds. FRAME_HELD: a copy is kept, and its machine is wanted.
 * FRAME_FORWARDED: it opens nothing, so it does not wait. Else why it is dropped. */
enum verdict summon_keep(const struct route *route, const uint8_t *frame, uint32_t size);

/* The machine is ready: hands what was kept to `deliver`, in the order of arrival, each judged
 * anew, since its flow may have expired meanwhile. */
void summon_release(struct mesh *mesh, struct port *port, uint64_t now,
                    void (*deliver)(const struct route *route, const uint8_t *frame,
                                    uint32_t size));

/* The machine does not come up: hands the packets of what was kept to `refuse`, with who sent
 * them. */
void summon_refuse(struct port *port,
                   void (*refuse)(struct port *sender, const struct packet *packet));

void summon_free(struct mesh *mesh);
