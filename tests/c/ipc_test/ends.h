/* A pipe, and bytes to go through it or something else. */
#pragma once

#include "core/types.h"

#define PIPE_BYTES 70000 /* more than it holds */

extern int fds[2];
extern char bytes[PIPE_BYTES], copy[PIPE_BYTES];

void make_pipe(int flags);
void close_both(void);

/* For shim_sleep: another thread writes "late" meanwhile. */
int write_while_asleep(nanos_t deadline);
