/* The counters as one line of JSON (docs/formats.md, "Switch control"). */
#pragma once

#include "mesh.h"
#include "text.h"

void report_counters(const struct mesh *mesh, struct text *text);
