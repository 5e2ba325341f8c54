/* From the memory map to the page allocator. Kept out: the kernel with its image, the page at 0 (so
 * that a physical address of 0 is always a mistake), and until it is parsed the module with all
 * that lies behind it in its range (hypervisors put it at the end of RAM). */
#include "arch/x86_64/memory.h"

#include "arch/x86_64/layout.h"
#include "arch/x86_64/pvh.h"
#include "core/pages.h"
#include "core/string.h"

#define LOW_END UINT64_C(0x100000) /* firmware has used what is below: not zero */

static struct memory_range module_rest;

static void add(uint64_t start, uint64_t end) {
    if (start < end)
        pages_add_range(start, end);
}

/* Adds what of the range lies between the two limits, without the kernel. */
static void add_range(uint64_t start, uint64_t end, uint64_t from, uint64_t to) {
    uint64_t kernel_from = phys_of(kernel_start), kernel_to = PAGE_UP(phys_of(image_end));
    start = MAX(start, from);
    end = MIN(end, to);
    add(start, MIN(end, kernel_from));
    add(MAX(start, kernel_to), end);
}

static void add_between(uint64_t from, uint64_t to) {
    for (size_t i = 0; i < pvh.ram_count; i++) {
        struct memory_range range = pvh.ram[i];
        if (pvh.module_size && pvh.module >= range.start && pvh.module < range.end) {
            module_rest = (struct memory_range){PAGE_DOWN(pvh.module), range.end};
            range.end = module_rest.start;
        }
        add_range(range.start, range.end, from, to);
    }
}

void memory_add_low(void) {
    add_between(LOW_END, BOOT_MAPPED);
}

void memory_add_high(void) {
    for (size_t i = 0; i < pvh.ram_count; i++) {
        uint64_t end = MIN(pvh.ram[i].end, LOW_END);
        if (pvh.ram[i].start < end)
            memset(direct_of(pvh.ram[i].start), 0, end - pvh.ram[i].start);
    }
    add_between(PAGE_SIZE, LOW_END);
    add_between(BOOT_MAPPED, UINT64_MAX);
}

void memory_release_module(void) {
    if (pvh.module_size == 0)
        return;
    memset(direct_of(pvh.module), 0, pvh.module_size);
    /* Without the kernel, should it lie behind the module. */
    add_range(module_rest.start, module_rest.end, PAGE_SIZE, UINT64_MAX);
}

uint64_t memory_installed(void) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < pvh.ram_count; i++)
        bytes += pvh.ram[i].end - pvh.ram[i].start;
    return (bytes + LOW_END - 1) & ~(LOW_END - 1); /* firmware keeps some KiB of the first MiB */
}
