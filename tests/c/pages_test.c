/* The page allocator on a piece of the host's memory that stands for RAM. */
#include "core/pages.h"

#include "check.h"

#include <stdint.h>

/* Physical 1 MiB lies at the start of `ram`. */
#define RAM_START UINT64_C(0x100000)
#define RAM_PAGES 1024

static struct {
    char first[RAM_PAGES * PAGE_SIZE], second[16 * PAGE_SIZE];
} all __attribute__((aligned(4096)));
#define ram all.first
#define more all.second

uint64_t phys_of(const void *direct) {
    return (uint64_t)((const char *)direct - ram) + RAM_START;
}

void *direct_of(uint64_t phys) {
    return ram + (phys - RAM_START);
}

static bool is_clear(const char *page) {
    for (size_t i = 0; i < PAGE_SIZE; i++)
        if (page[i] != 0)
            return false;
    return true;
}

static void all_pages_are_given_once(void) {
    static void *pages[RAM_PAGES];
    size_t count = 0, total = pages_total();
    while ((pages[count] = page_alloc()) != NULL) {
        CHECK(is_clear(pages[count]));
        memset(pages[count], (int)(count & 0xff), PAGE_SIZE);
        count++;
    }
    CHECK_EQUAL(count, total);
    CHECK_EQUAL(pages_available(), 0);
    for (size_t i = 0; i < count; i++)
        CHECK_EQUAL(((unsigned char *)pages[i])[4095], i & 0xff);
    for (size_t i = 0; i < count; i++)
        page_put(pages[(i * 7) % count]); /* 7 does not divide the count: each once */
    CHECK_EQUAL(pages_available(), total);
}

static void freed_pages_come_back_clear(void) {
    char *page = page_alloc();
    memset(page, 0xee, PAGE_SIZE);
    page_put(page);
    char *again = page_alloc();
    CHECK(is_clear(again));
    page_put(again);
}

static void a_page_lives_until_its_last_reference(void) {
    size_t before = pages_available();
    char *page = page_alloc();
    page_get(page);
    CHECK_EQUAL(page_references(page), 2);
    page_put(page);
    CHECK_EQUAL(pages_available(), before - 1);
    page_put(page);
    CHECK_EQUAL(pages_available(), before);
}

static void blocks_are_aligned_and_join_again(void) {
    size_t before = pages_available();
    for (unsigned order = 0; order < 8; order++) {
        char *block = pages_alloc(order);
        CHECK(block != NULL);
        CHECK_EQUAL(phys_of(block) % (PAGE_SIZE << order), 0);
        CHECK_EQUAL(pages_order(block), order);
        CHECK_EQUAL(pages_available(), before - (1u << order));
        pages_free(block, order);
    }
    char *small = pages_alloc(0), *large = pages_alloc(7);
    CHECK(small + PAGE_SIZE <= large || large + (PAGE_SIZE << 7) <= small);
    pages_free(small, 0);
    pages_free(large, 7);
    CHECK(pages_alloc(11) == NULL);
    /* After all of this the memory is not in splinters. */
    char *half = pages_alloc(9);
    CHECK(half != NULL);
    pages_free(half, 9);
    CHECK_EQUAL(pages_available(), before);
}

static void other_memory_is_not_counted(void) {
    char *outside = ram + sizeof ram;
    page_get(outside);
    page_put(outside);
    page_put(outside);
    CHECK_EQUAL(page_references(outside), 0);
}

static void what_was_freed_can_be_cleared(void) {
    struct page_span span;
    CHECK(pages_span(0, &span) && !pages_span(1, &span));
    CHECK_EQUAL(span.start, RAM_START);
    CHECK_EQUAL(span.end, RAM_START + sizeof ram);
    CHECK(span.fresh > span.start && span.fresh <= span.end);
    char *kept = pages_alloc(0), *large = pages_alloc(4), *small = pages_alloc(0);
    memset(kept, 1, PAGE_SIZE);
    memset(large, 2, PAGE_SIZE << 4);
    memset(small, 3, PAGE_SIZE);
    pages_free(large, 4);
    pages_free(small, 0);
    pages_clear_free();
    CHECK(is_clear(small));
    for (size_t i = 0; i < 16; i++)
        CHECK(is_clear(large + i * PAGE_SIZE));
    CHECK(kept[0] == 1 && kept[PAGE_SIZE - 1] == 1);
    pages_free(kept, 0);
}

static void fresh_pages_lie_behind_the_mark(void) {
    struct page_span span;
    CHECK(pages_span(0, &span));
    CHECK_EQUAL(span.fresh, RAM_START + 1024 * 16); /* the descriptions */
    char *page = page_alloc();
    CHECK_EQUAL(phys_of(page), span.fresh);
    pages_span(0, &span);
    CHECK_EQUAL(span.fresh, phys_of(page) + PAGE_SIZE);
    page_put(page);
}

/* Last: what is cut away is gone. */
static void a_range_may_end_earlier(void) {
    struct page_span span;
    size_t before = pages_total(), free = pages_available();
    pages_add_range(RAM_START + sizeof ram, RAM_START + sizeof ram + sizeof more);
    size_t added = pages_total() - before;
    CHECK(pages_span(1, &span));
    CHECK_EQUAL(span.fresh, span.start + PAGE_SIZE);
    pages_cut(1, span.end - 3 * PAGE_SIZE);
    CHECK_EQUAL(pages_total(), before + added - 3);
    CHECK_EQUAL(pages_available(), free + added - 3);
    CHECK(pages_span(1, &span));
    size_t count = 0;
    for (char *page; (page = page_alloc()) != NULL; count++)
        CHECK(phys_of(page) < RAM_START + sizeof ram + sizeof more - 3 * PAGE_SIZE);
    CHECK_EQUAL(count, free + added - 3);
}

int main(void) {
    CHECK(page_alloc() == NULL);
    pages_add_range(RAM_START, RAM_START + sizeof ram);
    CHECK_EQUAL(pages_total(), RAM_PAGES - 1024 * 16 / PAGE_SIZE);
    RUN(fresh_pages_lie_behind_the_mark);
    RUN(all_pages_are_given_once);
    RUN(freed_pages_come_back_clear);
    RUN(a_page_lives_until_its_last_reference);
    RUN(blocks_are_aligned_and_join_again);
    RUN(other_memory_is_not_counted);
    RUN(what_was_freed_can_be_cleared);
    RUN(a_range_may_end_earlier);
    return 0;
}
