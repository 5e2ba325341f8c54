/* The heap of brk, which glibc's malloc grows first. */
#include "core/random.h"
#include "linux/errno.h"
#include "mm/areas.h"
#include "mm/place.h"

#define BREAK_RANDOM_PAGES (UINT64_C(1) << 13) /* 32 MiB */

static uaddr_t heap_start, heap_break;

void space_set_break(uaddr_t program_end) {
    uint64_t value;

    random_bytes(&value, sizeof(value));
    heap_start = PAGE_UP(program_end) + ((value & (BREAK_RANDOM_PAGES - 1)) << PAGE_SHIFT);
    heap_break = heap_start;
}

static bool grow(uaddr_t from, uaddr_t to) {
    int64_t start = space_map(from, to - from, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, NULL, 0);
    if (start < 0)
        return false;
    area_find(from)->kind = SPACE_HEAP;
    areas_join(from, to);
    return true;
}

uaddr_t space_break(uaddr_t wanted) {
    uaddr_t old_end = PAGE_UP(heap_break), new_end = PAGE_UP(wanted);

    if (wanted < heap_start || wanted > SPACE_TOP)
        return heap_break;
    if (new_end > old_end && !grow(old_end, new_end))
        return heap_break;
    if (new_end < old_end && space_unmap(new_end, old_end - new_end) != 0)
        return heap_break;
    heap_break = wanted;
    return heap_break;
}
