/* What the hypervisor hands over at the PVH entry, copied to our own memory. */
#pragma once

#include "core/types.h"

struct memory_range {
    uint64_t start, end; /* physical, usable RAM, whole pages */
};

struct pvh_boot {
    struct memory_range ram[32];
    size_t ram_count;
    uint64_t module;      /* physical; the boot configuration */
    uint64_t module_size; /* 0: there is none */
};

extern struct pvh_boot pvh;

/* Forgets the command line. */
void pvh_forget(void);

/* Reads struct hvm_start_info at this physical address; panics when it is not one. */
void pvh_read(uint32_t start_info);
