/* Records on their way to the host. */
#pragma once

#include "abi/trace.h"
#include "core/types.h"

/* False when there is no memory for the buffer. */
bool trace_buffer_ready(void);

/* Never waits: what the channel cannot take is counted instead, and the host is told how many. */
void trace_buffer_add(const struct trace_record *record);
void trace_buffer_flush(void);
