/* From the memory map to the page allocator. Kept out: the kernel with its image, the page at 0 (so
 * that a physical address of 0 is always a mistake), and until the configuration is parsed the
 * module with all that lies behind it in its range (hypervisors put it at the end of RAM), and the
 * first MiB, which firmware has used. Whatever the allocator has already is left out, too, so the
 * same calls find what is new to a machine that goes on behind a seal. */
#include "arch/x86_64/memory.h"

#include "arch/x86_64/layout.h"
#include "arch/x86_64/pvh.h"
#include "core/pages.h"
#include "core/string.h"

#define LOW_END UINT64_C(0x100000)

static struct memory_range module_rest;

bool memory_known(size_t index, struct memory_range *known) {
    struct page_span span;
    if (index == 0) {
        *known = (struct memory_range){phys_of(kernel_start), PAGE_UP(phys_of(image_end))};
        return true;
    }
    if (!pages_span(index - 1, &span))
        return false;
    *known = (struct memory_range){span.start, span.end};
    return true;
}

static void add(uint64_t start, uint64_t end) {
    struct memory_range known;
    if (start >= end)
        return;
    for (size_t i = 0; memory_known(i, &known); i++)
        if (known.start < end && known.end > start) {
            add(start, known.start);
            add(known.end, end);
            return;
        }
    pages_add_range(start, end);
}

static void add_between(uint64_t from, uint64_t to) {
    for (size_t i = 0; i < pvh.ram_count; i++) {
        struct memory_range range = pvh.ram[i];
        if (pvh.module_size && pvh.module >= range.start && pvh.module < range.end) {
            module_rest = (struct memory_range){PAGE_DOWN(pvh.module), range.end};
            range.end = module_rest.start;
        }
        add(MAX(range.start, from), MIN(range.end, to));
    }
}

void memory_add_low(void) {
    add_between(LOW_END, BOOT_MAPPED);
}

void memory_add_high(void) {
    add_between(BOOT_MAPPED, UINT64_MAX);
}

void memory_clear_module(void) {
    memset(direct_of(pvh.module), 0, pvh.module_size);
}

void memory_add_module(void) {
    add(MAX(module_rest.start, PAGE_SIZE), module_rest.end);
}

void memory_add_lowest(void) {
    for (size_t i = 0; i < pvh.ram_count; i++) {
        uint64_t end = MIN(pvh.ram[i].end, LOW_END);
        if (pvh.ram[i].start < end)
            memset(direct_of(pvh.ram[i].start), 0, end - pvh.ram[i].start);
    }
    add_between(PAGE_SIZE, LOW_END);
}

uint64_t memory_installed(void) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < pvh.ram_count; i++)
        bytes += pvh.ram[i].end - pvh.ram[i].start;
    return (bytes + LOW_END - 1) & ~(LOW_END - 1); /* firmware keeps some KiB of the first MiB */
}
