/* TRACE_ONCE: has this call, with these features, been seen since the trace began? */
#pragma once

#include "trace/trace.h"

/* Forgets all; false when there is no memory. */
bool trace_once_ready(void);
bool trace_once_is_new(const struct traced_call *call);
