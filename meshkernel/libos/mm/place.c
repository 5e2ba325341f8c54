/* Address-space layout, from the bottom: the program (at its own address or at a random one), the
 * heap of brk behind it, a large gap, maps growing down from a random base, the guard, the main
 * stack, a random gap. */
#include "mm/place.h"

#include "core/print.h"
#include "core/random.h"
#include "linux/errno.h"
#include "mm/areas.h"

#define PROGRAM_BASE UINT64_C(0x555555554000)
#define STACK_RANDOM_PAGES (UINT64_C(1) << 22)   /* 16 GiB */
#define MAP_RANDOM_PAGES (UINT64_C(1) << 28)     /* 1 TiB */
#define PROGRAM_RANDOM_PAGES (UINT64_C(1) << 28) /* 1 TiB */
#define GUARD_SIZE (UINT64_C(64) << 10)

static uaddr_t stack_top, map_base;

/* `limit` is a power of two. */
static uint64_t random_pages(uint64_t limit) {
    uint64_t value;

    random_bytes(&value, sizeof(value));
    return (value & (limit - 1)) << PAGE_SHIFT;
}

void mm_init(void) {
    stack_top = SPACE_TOP - PAGE_SIZE - random_pages(STACK_RANDOM_PAGES);
    map_base = stack_top - SPACE_STACK_SIZE - GUARD_SIZE - random_pages(MAP_RANDOM_PAGES);
}

uaddr_t space_map_stack(void) {
    struct area guard = {.start = stack_top - SPACE_STACK_SIZE - GUARD_SIZE,
                         .end = stack_top - SPACE_STACK_SIZE,
                         .kind = SPACE_GUARD};
    struct area stack = {
        .start = guard.end, .end = stack_top, .prot = PROT_READ | PROT_WRITE, .kind = SPACE_STACK};

    if (areas_reserve(2) != 0 || !place_is_free(guard.start, stack.end))
        return 0;
    areas_insert(&guard);
    areas_insert(&stack);
    return stack_top;
}

bool place_is_free(uaddr_t start, uaddr_t end) {
    size_t index = area_index(start);

    return index == area_count || areas[index].start >= end;
}

uaddr_t place_find(uint64_t size) {
    size_t index = area_index(map_base);
    uaddr_t ceiling = map_base;

    if (index < area_count && areas[index].start < ceiling)
        ceiling = areas[index].start;
    for (;; index--) {
        uaddr_t floor = index > 0 ? areas[index - 1].end : SPACE_BOTTOM;

        if (ceiling >= floor && ceiling - floor >= size)
            return ceiling - size;
        if (index == 0)
            return 0;
        ceiling = areas[index - 1].start;
    }
}

uaddr_t space_program_base(uint64_t size) {
    uaddr_t base = PROGRAM_BASE + random_pages(PROGRAM_RANDOM_PAGES);

    return place_is_free(base, base + size) ? base : 0;
}
