/* Exceptions. */
#pragma once

#include "core/types.h"

/* GDT, TSS, IDT and a stack with a guard for each kind of interrupt and fault. */
void traps_init(void);
