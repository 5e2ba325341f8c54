/* Which physical memory goes to the page allocator, and when. */
#pragma once

#include "core/types.h"

/* The part of RAM that boot.S mapped, without the kernel and the module. */
void memory_add_low(void);

/* The rest, once paging_init() has mapped it. */
void memory_add_high(void);

/* Clears the module, which holds secrets, and gives its memory away too. */
void memory_release_module(void);

/* Bytes of RAM that the machine has, as its owner would say it: whole MiB. */
uint64_t memory_installed(void);
