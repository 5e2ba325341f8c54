/* Stacks of our own, each with unmapped pages below. */
#include "arch/x86_64/layout.h"
#include "arch/x86_64/paging.h"
#include "core/pages.h"
#include "core/string.h"

#define SLOT_SIZE (2 * KERNEL_STACK_SIZE) /* the lower half stays unmapped */
#define SLOTS 4096

static uint64_t taken[SLOTS / 64];

static uint64_t slot_base(unsigned slot) {
    return STACKS_BASE + slot * SLOT_SIZE;
}

static int find_free(void) {
    for (unsigned word = 0; word < ARRAY_SIZE(taken); word++)
        if (taken[word] != UINT64_MAX)
            return (int)(word * 64 + (unsigned)__builtin_ctzll(~taken[word]));
    return -1;
}

static void unmap(uint64_t from, uint64_t to) {
    for (uint64_t at = from; at < to; at += PAGE_SIZE)
        page_put(direct_of(paging_unmap_kernel(at)));
}

void *kernel_stack_alloc(void) {
    int slot = find_free();
    if (slot < 0)
        return NULL;
    uint64_t start = slot_base((unsigned)slot) + KERNEL_STACK_SIZE;
    uint64_t top = start + KERNEL_STACK_SIZE;
    for (uint64_t at = start; at < top; at += PAGE_SIZE) {
        void *page = page_alloc();
        if (page == NULL || paging_map_kernel(at, phys_of(page), PAGE_SIZE, PAGING_WRITE) < 0) {
            page_put(page);
            unmap(start, at);
            return NULL;
        }
    }
    taken[slot / 64] |= UINT64_C(1) << (slot % 64);
    return (void *)top;
}

void kernel_stack_free(void *top) {
    uint64_t end = (uint64_t)top;
    unsigned slot = (unsigned)((end - 1 - STACKS_BASE) / SLOT_SIZE);
    unmap(end - KERNEL_STACK_SIZE, end);
    taken[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
}

void kernel_stacks_clear(uint64_t from, uint64_t to) {
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        uint64_t start = slot_base(slot) + KERNEL_STACK_SIZE, end = start + KERNEL_STACK_SIZE;
        if (!(taken[slot / 64] & UINT64_C(1) << (slot % 64)))
            continue;
        bool kept = from >= start && to <= end;
        memset((void *)start, 0, kept ? from - start : KERNEL_STACK_SIZE);
        if (kept)
            memset((void *)to, 0, end - to);
    }
}

bool kernel_stack_guard(uint64_t address) {
    return address >= STACKS_BASE && address < slot_base(SLOTS) &&
           (address - STACKS_BASE) % SLOT_SIZE < KERNEL_STACK_SIZE;
}
