/* The ways in: host ports that are exposed, and the socket for callers in other processes. */
#pragma once

#include "mesh.h"
#include "text.h"

/* Both return NULL, or why it cannot listen: a static string of errno. */
const char *listen_expose(const char *host, const char *number, struct port *port, uint16_t inside);
const char *listen_dial(struct mesh *mesh, const char *path);

/* Removes the socket's name from the file system. */
void listen_close(void);

/* Adds a JSON list of what is exposed, with the port numbers that the host chose for 0. */
void listen_report(struct text *text);
