/* The symbols of kernel.ld, and where things lie in our half. All addresses of the memory map are
 * here and in paging.h. */
#pragma once

#include "core/types.h"

extern char kernel_start[], text_end[], rodata_start[], rodata_end[], data_start[], kernel_end[];
extern char image_start[], image_end[];

/* boot.S maps this much of RAM. */
#define BOOT_MAPPED UINT64_C(0x40000000)

/* Stacks: each slot is a run of guard pages, then the stack. */
#define STACKS_BASE UINT64_C(0xffffc00000000000)

/* Device registers. */
#define MMIO_BASE UINT64_C(0xffffd00000000000)
#define MMIO_SIZE UINT64_C(0x40000000)
