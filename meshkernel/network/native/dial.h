/* One client of the dial socket: it writes `ADDRESS:PORT` and optionally the milliseconds that it
 * will wait, and a newline; then it is answered and joined (tunnel.h). */
#pragma once

#include "mesh.h"

void dial_accept(struct mesh *mesh, int fd);
