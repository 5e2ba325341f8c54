/* Page tables: the application's half in pages of 4 KiB, and our own mappings. */
#pragma once

#include "core/types.h"

#define DIRECT_MAP_BASE UINT64_C(0xffff800000000000)
#define KERNEL_BASE UINT64_C(0xffffffff80000000)

/* The application's half ends here (one page below the canonical hole, as Linux has it). */
#define USER_END UINT64_C(0x00007ffffffff000)

/* The low half. `page` is an address in the direct map or of the image; prot is PROT_* of
 * mm/space.h; PROT_NONE keeps the page and allows nothing. All flush the TLB as needed. */

/* 0, or -ENOMEM when there is no memory for a table. Replaces what was mapped. */
int paging_map(uaddr_t address, void *page, int prot);

/* The page that was mapped, in the direct map, or NULL. Its reference is now the caller's. */
void *paging_unmap(uaddr_t address);

/* Nothing happens where nothing is mapped. */
void paging_protect(uaddr_t address, int prot);

/* The page and its protection, or NULL. `prot` may be NULL. */
void *paging_lookup(uaddr_t address, int *prot);

/* Whether the application wrote to the page since it was mapped. */
bool paging_dirty(uaddr_t address);

/* The first mapped address in [from, to), or `to`: skips what has no tables at all. */
uaddr_t paging_next(uaddr_t from, uaddr_t to);

/* Our own half. Flags for paging_map_kernel. */
#define PAGING_WRITE 1u
#define PAGING_EXEC 2u
#define PAGING_UNCACHED 4u

/* Maps [phys, phys + size) at `address`, both page-aligned; 0 or -ENOMEM. */
int paging_map_kernel(uint64_t address, uint64_t phys, uint64_t size, unsigned flags);

/* Takes one page of our half out again and returns its physical address. */
uint64_t paging_unmap_kernel(uint64_t address);

void paging_init(void);

/* The CPU uses our tables from here on. */
void paging_load(void);

/* Adds RAM to the direct map; panics when there is no memory for the tables. */
void paging_map_ram(uint64_t start, uint64_t end);

/* Marks everything as accessed, and what is writable as written to, so that using it changes no
 * table. */
void paging_settle(void);

/* Stacks with an unmapped page below each. NULL when memory is used up; returns the top. */
#define KERNEL_STACK_SIZE UINT64_C(16384)
void *kernel_stack_alloc(void);
void kernel_stack_free(void *top);

/* Fills all stacks with zeros, but for [from, to), which is in one of them: called on another. */
void kernel_stacks_clear(uint64_t from, uint64_t to);

/* Whether the address is in the guard below a stack of ours. */
bool kernel_stack_guard(uint64_t address);
