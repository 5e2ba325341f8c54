/* Reading what a call's arguments point to. */
#pragma once

#include "trace/trace.h"

struct capture {
    uint8_t *at; /* where the next piece goes */
    size_t left;
    uint8_t pieces;
};

/* Adds a piece for each rule of the call that is for this moment. What does not fit is left out. */
void capture_all(struct capture *capture, const struct traced_call *call, enum trace_when when);
