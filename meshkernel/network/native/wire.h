/* A machine's end: the stream socket of its QEMU (-netdev stream). Each frame is preceded by its
 * length, four bytes, big-endian. */
#pragma once

#include "mesh.h"

/* Attaches the socket, which belongs to the wire from now on, in place of what was attached before.
 * False with errno set, and the socket closed. */
bool wire_attach(struct mesh *mesh, struct port *port, int fd);

/* Closes the machine's end; its connections are reset. Does nothing where nothing is attached. */
void wire_detach(struct port *port, const char *reason);

/* Writes what was queued in this turn: many frames, one system call for each machine. */
void wire_flush_all(void);

/* Called after a port was attached or detached; `reason` is NULL when it was attached. */
extern void (*wire_changed)(struct port *port, const char *reason);
