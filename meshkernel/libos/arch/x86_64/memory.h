/* Which physical memory goes to the page allocator, and when. */
#pragma once

#include "arch/x86_64/pvh.h"
#include "core/types.h"

/* The part of RAM that boot.S mapped, without the kernel and the module. */
void memory_add_low(void);

/* The rest, once paging_init() has mapped it, but for the first MiB. */
void memory_add_high(void);

/* Clears the module, which holds secrets. */
void memory_clear_module(void);

/* Gives away the module's memory, too, and what lies behind it. */
void memory_add_module(void);

/* Gives away what firmware has used of the first MiB. */
void memory_add_lowest(void);

/* One range after the other that is in use, or that the page allocator has: from 0 on; false behind
 * the last. */
bool memory_known(size_t index, struct memory_range *known);

/* Bytes of RAM that the machine has, as its owner would say it: whole MiB. */
uint64_t memory_installed(void);
