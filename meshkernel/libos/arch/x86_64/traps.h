/* Exceptions. */
#pragma once

#include "core/types.h"

/* TSS, IDT and a stack with a guard for each kind of interrupt and fault. */
void traps_init(void);

/* Has the CPU use them: from here a fault explains itself. */
void traps_load(void);
