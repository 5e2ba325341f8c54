#include "core/pages.h"
#include "shims.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_TABLE 65536

/* Pages and their references, found by open addressing. */
static struct {
    void *page;
    size_t references;
} table[PAGE_TABLE];

size_t shim_pages_limit = SIZE_MAX;
static size_t in_use;

static size_t slot_of(const void *page) {
    size_t slot = ((uintptr_t)page >> PAGE_SHIFT) * 2654435761u % PAGE_TABLE;

    while (table[slot].page && table[slot].page != page)
        slot = (slot + 1) % PAGE_TABLE;
    return slot;
}

size_t shim_pages_in_use(void) {
    return in_use;
}

void *page_alloc(void) {
    if (in_use >= shim_pages_limit)
        return NULL;
    void *page = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
    memset(page, 0, PAGE_SIZE);
    size_t slot = slot_of(page);
    table[slot].page = page;
    table[slot].references = 1;
    in_use++;
    return page;
}

void page_get(void *page) {
    size_t slot = slot_of(page);

    if (table[slot].page)
        table[slot].references++;
}

void page_put(void *page) {
    size_t slot = slot_of(page);

    if (table[slot].page == NULL) /* of an image */
        return;
    if (table[slot].references == 0) {
        fprintf(stderr, "page %p is put once too often\n", page);
        abort();
    }
    if (--table[slot].references == 0) {
        in_use--;
        free(page);
    }
}

unsigned page_references(const void *page) {
    return (unsigned)table[slot_of(page)].references;
}

void *pages_alloc(unsigned order) {
    return aligned_alloc(PAGE_SIZE << order, PAGE_SIZE << order);
}

void pages_free(void *pages, unsigned order) {
    (void)order;
    free(pages);
}

size_t pages_total(void) {
    return 4096;
}

size_t pages_available(void) {
    return MIN(pages_total(), shim_pages_limit) - in_use;
}

uint64_t phys_of(const void *direct) {
    return (uint64_t)(uintptr_t)direct;
}

void *direct_of(uint64_t phys) {
    return (void *)(uintptr_t)phys;
}
