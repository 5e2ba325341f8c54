/* Physical pages. All of RAM is mapped, writable and never executable, at DIRECT_MAP_BASE, so a
 * page is named by its address there. */
#pragma once

#include "core/types.h"

/* Gives [start, end) of physical memory to the allocator (called once per usable range). */
void pages_add_range(uint64_t start, uint64_t end);

/* One page filled with zeros, or NULL when memory is used up. References: one. */
void *page_alloc(void);

/* 2^order contiguous, aligned pages, not cleared; NULL when there is no such run. */
void *pages_alloc(unsigned order);
void pages_free(void *pages, unsigned order);

/* A page that several maps share (a file in /tmp that is mapped) has one reference for each.
 * page_put frees the page with the last one. Pages outside of RAM given to the allocator (the
 * image) are not counted: both calls ignore them. */
void page_get(void *page);
void page_put(void *page);

/* References of a page, 0 for one that is not counted. */
unsigned page_references(const void *page);

/* The order that a block was allocated with. */
unsigned pages_order(const void *pages);

/* A range of physical memory that was added: [start, fresh) is in use or was once, descriptions
 * included, [fresh, end) never was. False behind the last. */
struct page_span {
    uint64_t start, fresh, end;
};
bool pages_span(size_t index, struct page_span *span);

/* The range ends at this page, behind what was handed out. */
void pages_cut(size_t index, uint64_t end);

/* Fills what is free, but not fresh, with zeros. */
void pages_clear_free(void);

size_t pages_total(void);
size_t pages_available(void);

uint64_t phys_of(const void *direct);
void *direct_of(uint64_t phys);
