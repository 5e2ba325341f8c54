/* Randomness that the processor has. */
#pragma once

#include "core/types.h"

/* Fills the words; returns how many it could. */
size_t cpu_entropy(uint64_t *words, size_t count);
