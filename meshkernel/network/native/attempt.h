/* Attempts to reach a server outside for a machine's SYN: the name is looked up, its addresses are
 * tried in turn, and only a connection that stands lets the SYN go on. Bounded per port, as are the
 * connections that stand, so that a machine that opens without end takes no descriptor from
 * another. */
#pragma once

#include "frame.h"
#include "mesh.h"

#define ATTEMPTS_PER_PORT 256
#define OUTGOING_PER_PORT 1024 /* connections that stand, attempts included */
#define SERVER_PATIENCE 10000  /* milliseconds for each address of a server */
#define HANDSHAKE_PATIENCE                                                                         \
    30000 /* milliseconds for the machine to go on when the server has accepted */

/* A connection as a machine names it. */
struct connection {
    const struct port *place;
    uint32_t address;     /* the machine's */
    uint16_t source_port; /* the machine's */
    uint16_t number;      /* the place's */
};

/* Where attempts find ports and ways. */
void attempt_use(struct mesh *mesh);

/* Whether a frame, which the policy has let pass, opens a connection; then fills `opened`. */
bool attempt_opens(const uint8_t *frame, uint32_t size, struct connection *opened);

/* A SYN: starts an attempt, or goes on with the one that it belongs to. True: the server is there,
 * and lwIP may have the SYN now. */
bool attempt_serve(const struct connection *wanted, const uint8_t *frame, uint32_t size);

/* The server's connected socket, which now belongs to the caller, the port of the machine, and the
 * way that it has taken; -1: there is none. */
int attempt_take(const struct connection *wanted, struct port **service, struct way **way);

/* Ends a server's connection with a reset. */
void attempt_drop(int fd);

/* Ends all attempts for this machine. */
void attempt_forget(const struct port *service);

/* Once a turn: frees what has ended. */
void attempt_bury_all(void);
