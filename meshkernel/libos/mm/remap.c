/* mremap, and giving pages back. */
#include "arch/x86_64/paging.h"
#include "core/pages.h"
#include "linux/errno.h"
#include "mm/fill.h"
#include "mm/place.h"

#define MREMAP_MAYMOVE 1
#define MREMAP_FIXED 2

/* More of the same behind an area. */
static void extend(const struct area *area, uaddr_t end) {
    struct area more = *area;

    more.offset += area->file ? area->end - area->start : 0;
    more.start = area->end;
    more.end = end;
    areas_insert(&more);
    areas_join(more.start, more.end);
}

static int64_t move(uaddr_t old, uint64_t old_size, uint64_t new_size, uaddr_t target) {
    uint64_t kept = MIN(old_size, new_size);

    areas_split(old);
    areas_split(old + old_size);
    struct area area = *area_find(old);
    area.start = target;
    area.end = target + new_size;
    areas_insert(&area);
    fill_move(old, target, kept);
    fill_drop(old, old + old_size);
    areas_remove(old, old + old_size);
    areas_join(target, target + new_size);
    return (int64_t)target;
}

static int64_t make_room(uaddr_t old, uint64_t old_size, uint64_t new_size, int flags,
                         uaddr_t wanted) {
    if (!(flags & MREMAP_FIXED)) {
        uaddr_t target = place_find(new_size);

        return target ? (int64_t)target : -ENOMEM;
    }
    if ((wanted & PAGE_MASK) || new_size > SPACE_TOP || wanted > SPACE_TOP - new_size ||
        (wanted < old + old_size && old < wanted + new_size))
        return -EINVAL;
    if (wanted < SPACE_BOTTOM)
        return -EPERM;
    int error = space_unmap(wanted, new_size);
    return error ? error : (int64_t)wanted;
}

int64_t space_remap(uaddr_t old, uint64_t old_size, uint64_t new_size, int flags, uaddr_t wanted) {
    old_size = PAGE_UP(old_size);
    new_size = PAGE_UP(new_size);
    if ((old & PAGE_MASK) || (flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED)) || new_size == 0 ||
        old_size == 0 || ((flags & MREMAP_FIXED) && !(flags & MREMAP_MAYMOVE)))
        return -EINVAL;
    const struct area *area = area_find(old);
    if (area == NULL || old_size > area->end - old)
        return -EFAULT;
    if (new_size > SPACE_TOP || new_size >> PAGE_SHIFT > pages_total() + (old_size >> PAGE_SHIFT) ||
        areas_reserve(4) != 0)
        return -ENOMEM;
    area = area_find(old);
    if (!(flags & MREMAP_FIXED)) {
        uaddr_t end = old + new_size;

        if (new_size == old_size)
            return (int64_t)old;
        if (new_size < old_size) {
            int error = space_unmap(end, old_size - new_size);

            return error ? error : (int64_t)old;
        }
        if (area->end == old + old_size && end <= SPACE_TOP && place_is_free(area->end, end)) {
            extend(area, end);
            return (int64_t)old;
        }
        if (!(flags & MREMAP_MAYMOVE))
            return -ENOMEM;
    }
    int64_t target = make_room(old, old_size, new_size, flags, wanted);
    /* The room that was reserved may have been used up by the unmapping: two splits, one area. */
    if (target > 0 && areas_reserve(3) != 0)
        return -ENOMEM;
    return target < 0 ? target : move(old, old_size, new_size, target);
}

int space_discard(uaddr_t start, uint64_t size) {
    uaddr_t end = start + PAGE_UP(size);
    bool covered = areas_cover(start, end);

    for (size_t i = area_index(start); i < area_count && areas[i].start < end; i++) {
        const struct area *area = &areas[i];

        /* What is shared and has no file lives nowhere but in these pages. */
        if (area->file || !area->shared)
            fill_drop(MAX(start, area->start), MIN(end, area->end));
    }
    return covered ? 0 : -ENOMEM;
}
