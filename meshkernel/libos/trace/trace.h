/* The trace of system calls (abi/trace.h). While it is off nothing of it is on the way of a call:
 * switching it on sets another way in (MSR_LSTAR). */
#pragma once

#include "abi/trace.h"
#include "core/types.h"

/* A call that is under way. */
struct traced_call {
    uint64_t number;
    uint64_t arguments[6];
    int64_t result;
};

/* The request in force; NULL when the trace is off. A new one has another generation, so that a
 * call which began under an old one is not ended under it. */
extern const struct trace_request *trace_request;
extern unsigned trace_generation;

/* False for one that would lead out of itself. */
bool trace_request_sound(const struct trace_request *request, size_t size);

/* The rules of one call: from *first on, as many as are returned. */
size_t trace_rules(uint64_t number, const struct trace_rule **first);
