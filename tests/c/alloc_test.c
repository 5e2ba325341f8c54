/* The heap, over pages of the host. */
#include "core/alloc.h"

#include "check.h"
#include "core/pages.h"

#include <stdint.h>
#include <stdlib.h>

/* Runs of pages, found again by their address. */
#define RUNS 4096
static struct {
    void *pages;
    unsigned order;
} runs[RUNS];
static size_t in_use, limit = SIZE_MAX;

void *pages_alloc(unsigned order) {
    if (in_use >= limit)
        return NULL;
    size_t slot = 0;
    while (runs[slot].pages)
        slot++;
    runs[slot].pages = aligned_alloc(PAGE_SIZE << order, PAGE_SIZE << order);
    runs[slot].order = order;
    memset(runs[slot].pages, 0xa5, PAGE_SIZE << order); /* not clear, as the contract says */
    in_use++;
    return runs[slot].pages;
}

void *page_alloc(void) {
    void *page = pages_alloc(0);
    return page ? memset(page, 0, PAGE_SIZE) : NULL;
}

static size_t slot_of(const void *pages) {
    for (size_t slot = 0; slot < RUNS; slot++)
        if (runs[slot].pages == pages)
            return slot;
    CHECK(!"an address of a run");
    return 0;
}

unsigned pages_order(const void *pages) {
    return runs[slot_of(pages)].order;
}

void pages_free(void *pages, unsigned order) {
    size_t slot = slot_of(pages);
    CHECK_EQUAL(runs[slot].order, order);
    free(pages);
    runs[slot].pages = NULL;
    in_use--;
}

static bool is_filled(const unsigned char *memory, size_t size, int byte) {
    for (size_t i = 0; i < size; i++)
        if (memory[i] != byte)
            return false;
    return true;
}

static void memory_of_every_size_is_clear_aligned_and_ones_own(void) {
    static unsigned char *blocks[3000];
    static const size_t extra[] = {4096, 4097, 10000, 65536, 100000};
    for (size_t size = 1; size < 2600; size++) {
        blocks[size] = kmalloc(size);
        CHECK(blocks[size] != NULL && (uintptr_t)blocks[size] % 16 == 0);
        CHECK(is_filled(blocks[size], size, 0));
        memset(blocks[size], (int)(size & 0xff), size);
    }
    for (size_t size = 1; size < 2600; size++) {
        CHECK(is_filled(blocks[size], size, (int)(size & 0xff)));
        kfree(blocks[size]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(extra); i++) {
        unsigned char *block = kmalloc(extra[i]);
        CHECK(is_filled(block, extra[i], 0));
        memset(block, 1, extra[i]);
        kfree(block);
    }
    CHECK(in_use <= 16); /* one page of each class stays */
}

static void growing_keeps_what_was_there(void) {
    unsigned char *block = NULL;
    for (size_t size = 1; size < 20000; size = size * 3 + 1) {
        block = krealloc(block, size);
        CHECK(is_filled(block, size / 3, 7));
        CHECK(is_filled(block + size / 3, size - size / 3, 0));
        memset(block, 7, size);
    }
    block = krealloc(block, 10);
    CHECK(is_filled(block, 10, 7));
    block = krealloc(block, 16);
    CHECK(is_filled(block + 10, 6, 0));
    /* A run of four pages of which three were asked for: the fourth comes along as zeros, too. */
    block = krealloc(block, 9616);
    block = krealloc(block, 20816);
    CHECK(is_filled(block + 16, 20800, 0));
    kfree(block);
}

static void running_out_is_answered_with_null(void) {
    limit = in_use;
    unsigned char *large = kmalloc(5000);
    CHECK(large == NULL);
    void *last = NULL;
    for (int i = 0; i < 1000 && (last = kmalloc(2000)) != NULL; i++)
        ;
    CHECK(last == NULL);
    limit = SIZE_MAX;
    unsigned char *kept = kmalloc(3000);
    memset(kept, 3, 3000);
    limit = in_use;
    CHECK(krealloc(kept, 9000) == NULL);
    CHECK(is_filled(kept, 3000, 3));
    limit = SIZE_MAX;
    kfree(kept);
    CHECK(kmalloc(UINT64_C(1) << 40) == NULL);
}

static void texts_are_copied(void) {
    char *copy = kstrndup("catalog:7000", 7);
    CHECK(strcmp(copy, "catalog") == 0);
    kfree(copy);
    kfree(NULL);
}

static void what_was_freed_can_be_cleared(void) {
    enum { COUNT = 200, SIZE = 100 };
    unsigned char *blocks[COUNT];
    for (int i = 0; i < COUNT; i++)
        memset(blocks[i] = kmalloc(SIZE), 0x77, SIZE);
    for (int i = 0; i < COUNT; i += 2)
        kfree(blocks[i]);
    heap_clear_free();
    for (int i = 0; i < COUNT; i++) {
        size_t link = sizeof(void *); /* that the heap keeps in what is free */
        CHECK(is_filled(blocks[i] + link, SIZE - link, i % 2 ? 0x77 : 0));
    }
    for (int i = 1; i < COUNT; i += 2)
        kfree(blocks[i]);
}

int main(void) {
    RUN(memory_of_every_size_is_clear_aligned_and_ones_own);
    RUN(growing_keeps_what_was_there);
    RUN(running_out_is_answered_with_null);
    RUN(texts_are_copied);
    RUN(what_was_freed_can_be_cleared);
    return 0;
}
