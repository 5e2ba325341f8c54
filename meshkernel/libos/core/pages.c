/* The page allocator: a buddy system for what was freed, and behind it a mark that rises through
 * memory that was never handed out. Hypervisors start a machine with zeros in its RAM, so pages
 * from above the mark need no clearing (MK_ZEROED_RAM), and the host need not back what is never
 * reached. */
#include "core/pages.h"

#include "core/print.h"
#include "core/string.h"
#include "generated/config.h"

#define RANGES 32
#define ORDERS 11
#define NONE UINT32_MAX
#define POISON 0xdb

enum page_state { PAGE_FRESH, PAGE_USED, PAGE_FREE };

struct page {
    uint32_t references;
    uint32_t next, previous; /* on a list of free blocks, by index */
    uint8_t state;           /* enum page_state; of a block's first page only */
    uint8_t order;           /* of the block, while it is free or used as one */
};

struct range {
    uint64_t first;      /* page frame number of pages[0]; a multiple of the largest block */
    uint32_t begin;      /* index of the first page: descriptions lie from there on */
    uint32_t start, end; /* indices of the pages that may be handed out */
    uint32_t fresh;      /* from here on none ever was */
    uint32_t free[ORDERS];
    struct page *pages;
};

static struct range ranges[RANGES];
static size_t range_count;
static size_t total, available;

#define PER_BLOCK (UINT64_C(1) << (ORDERS - 1))

void pages_add_range(uint64_t start, uint64_t end) {
    if (range_count == RANGES)
        panic("the memory map has too many pieces");
    struct range *range = &ranges[range_count];
    range->first = (start >> PAGE_SHIFT) & ~(PER_BLOCK - 1);
    range->begin = range->start = (uint32_t)((start >> PAGE_SHIFT) - range->first);
    range->end = (uint32_t)((end >> PAGE_SHIFT) - range->first);
    /* The descriptions lie at the start of the range itself. */
    size_t bytes = (range->end - range->start) * sizeof(struct page);
    uint32_t taken = (uint32_t)(PAGE_UP(bytes) >> PAGE_SHIFT);
    if (taken >= range->end - range->start)
        return;
    struct page *first = direct_of(start);
    range->pages = first - range->start;
    if (!MK_ZEROED_RAM)
        memset(first, 0, bytes);
    range->start += taken;
    range->fresh = range->start;
    for (unsigned order = 0; order < ORDERS; order++)
        range->free[order] = NONE;
    total += range->end - range->start;
    available += range->end - range->start;
    range_count++;
}

static struct range *range_of(const void *memory, uint32_t *index) {
    uint64_t frame = phys_of(memory) >> PAGE_SHIFT;
    for (size_t i = 0; i < range_count; i++) {
        struct range *range = &ranges[i];
        if (frame >= range->first + range->start && frame < range->first + range->end) {
            *index = (uint32_t)(frame - range->first);
            return range;
        }
    }
    return NULL;
}

static void *memory_of(const struct range *range, uint32_t index) {
    return direct_of((range->first + index) << PAGE_SHIFT);
}

static void free_push(struct range *range, uint32_t index, unsigned order) {
    struct page *page = &range->pages[index];
    page->state = PAGE_FREE;
    page->order = (uint8_t)order;
    page->previous = NONE;
    page->next = range->free[order];
    if (page->next != NONE)
        range->pages[page->next].previous = index;
    range->free[order] = index;
}

static void free_take(struct range *range, uint32_t index) {
    struct page *page = &range->pages[index];
    if (page->next != NONE)
        range->pages[page->next].previous = page->previous;
    if (page->previous != NONE)
        range->pages[page->previous].next = page->next;
    else
        range->free[page->order] = page->next;
    page->state = PAGE_USED;
}

/* Joins the block with its buddies as long as they are free and whole. */
static void free_block(struct range *range, uint32_t index, unsigned order) {
    for (; order + 1 < ORDERS; order++) {
        uint32_t buddy = index ^ (1u << order);
        if (buddy < range->start || buddy >= range->fresh)
            break;
        struct page *page = &range->pages[buddy];
        if (page->state != PAGE_FREE || page->order != order)
            break;
        free_take(range, buddy);
        index &= ~(1u << order);
    }
    free_push(range, index, order);
}

static uint32_t take_freed(struct range *range, unsigned order) {
    for (unsigned from = order; from < ORDERS; from++) {
        uint32_t index = range->free[from];
        if (index == NONE)
            continue;
        free_take(range, index);
        while (from > order) {
            from--;
            free_push(range, index + (1u << from), from);
        }
        return index;
    }
    return NONE;
}

static uint32_t take_fresh(struct range *range, unsigned order) {
    uint32_t mask = (1u << order) - 1;
    uint32_t index = (range->fresh + mask) & ~mask;
    if (index > range->end || range->end - index < (1u << order))
        return NONE;
    uint32_t skipped = range->fresh;
    range->fresh = index + (1u << order);
    for (; skipped < index; skipped++)
        free_block(range, skipped, 0);
    return index;
}

static void *take(unsigned order, bool *zero) {
    for (int fresh = 0; fresh < 2; fresh++)
        for (size_t i = 0; i < range_count; i++) {
            struct range *range = &ranges[i];
            uint32_t index = fresh ? take_fresh(range, order) : take_freed(range, order);
            if (index == NONE)
                continue;
            struct page *page = &range->pages[index];
            page->state = PAGE_USED;
            page->order = (uint8_t)order;
            page->references = 1;
            available -= UINT64_C(1) << order;
            *zero = fresh && MK_ZEROED_RAM;
            return memory_of(range, index);
        }
    return NULL;
}

void *page_alloc(void) {
    bool zero;
    void *page = take(0, &zero);
    if (page != NULL && !zero)
        memset(page, 0, PAGE_SIZE);
    return page;
}

void *pages_alloc(unsigned order) {
    bool zero;
    return order < ORDERS ? take(order, &zero) : NULL;
}

static void release(struct range *range, uint32_t index, unsigned order) {
    if (MK_DEBUG)
        memset(memory_of(range, index), POISON, PAGE_SIZE << order);
    available += UINT64_C(1) << order;
    free_block(range, index, order);
}

void pages_free(void *pages, unsigned order) {
    uint32_t index = 0;
    struct range *range = range_of(pages, &index);
    assert(range != NULL && range->pages[index].state == PAGE_USED);
    assert(range->pages[index].order == order);
    release(range, index, order);
}

unsigned pages_order(const void *pages) {
    uint32_t index = 0;
    struct range *range = range_of(pages, &index);
    assert(range != NULL && range->pages[index].state == PAGE_USED);
    return range->pages[index].order;
}

void page_get(void *page) {
    uint32_t index = 0;
    struct range *range = range_of(page, &index);
    if (range == NULL)
        return;
    assert(range->pages[index].state == PAGE_USED);
    range->pages[index].references++;
}

void page_put(void *page) {
    uint32_t index = 0;
    struct range *range = range_of(page, &index);
    if (range == NULL)
        return;
    struct page *description = &range->pages[index];
    assert(description->state == PAGE_USED && description->references > 0);
    if (--description->references == 0)
        release(range, index, 0);
}

unsigned page_references(const void *page) {
    uint32_t index = 0;
    struct range *range = range_of(page, &index);
    return range == NULL ? 0 : range->pages[index].references;
}

static uint64_t phys_at(const struct range *range, uint32_t index) {
    return (range->first + index) << PAGE_SHIFT;
}

bool pages_span(size_t index, struct page_span *span) {
    if (index >= range_count)
        return false;
    const struct range *range = &ranges[index];
    *span = (struct page_span){.start = phys_at(range, range->begin),
                               .fresh = phys_at(range, range->fresh),
                               .end = phys_at(range, range->end)};
    return true;
}

void pages_cut(size_t index, uint64_t end) {
    struct range *range = &ranges[index];
    uint32_t last = (uint32_t)((end >> PAGE_SHIFT) - range->first);
    assert(last >= range->fresh && last <= range->end);
    total -= range->end - last;
    available -= range->end - last;
    range->end = last;
}

static void clear_free(const struct range *range) {
    for (unsigned order = 0; order < ORDERS; order++)
        for (uint32_t index = range->free[order]; index != NONE; index = range->pages[index].next)
            memset(memory_of(range, index), 0, PAGE_SIZE << order);
}

void pages_clear_free(void) {
    for (size_t i = 0; i < range_count; i++)
        clear_free(&ranges[i]);
}

size_t pages_total(void) {
    return total;
}

size_t pages_available(void) {
    return available;
}
