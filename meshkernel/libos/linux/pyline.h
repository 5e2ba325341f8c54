/* Which line an instruction of a Python function belongs to. */
#pragma once

#include "core/types.h"

/* Decodes a location table (co_linetable of CPython 3.11 to 3.13). `read` gives one byte of it, or
 * -1 when it cannot be read. `instruction` is the offset in bytes, negative before the first one.
 * Returns the line, or 0 when the instruction has none. */
int python_line(int (*read)(void *table, size_t index), void *table, size_t size, int first_line,
                int64_t instruction);
