/* Between physical addresses and the direct map. */
#include "arch/x86_64/paging.h"
#include "core/pages.h"

/* The kernel and the image have an address of their own besides. */
uint64_t phys_of(const void *direct) {
    uint64_t address = (uint64_t)direct;
    return address >= KERNEL_BASE ? address - KERNEL_BASE : address - DIRECT_MAP_BASE;
}

void *direct_of(uint64_t phys) {
    return (void *)(DIRECT_MAP_BASE + phys);
}
