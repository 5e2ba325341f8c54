#include "mm/areas.h"

#include "core/alloc.h"
#include "core/print.h"
#include "core/string.h"
#include "fs/file.h"
#include "linux/errno.h"

struct area *areas;
size_t area_count;
static size_t area_capacity;

size_t area_index(uaddr_t address) {
    size_t low = 0, high = area_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (areas[middle].end > address)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

struct area *area_find(uaddr_t address) {
    size_t index = area_index(address);

    return index < area_count && areas[index].start <= address ? &areas[index] : NULL;
}

int areas_reserve(size_t extra) {
    size_t wanted = area_count + extra;

    if (wanted <= area_capacity)
        return 0;
    size_t capacity = MAX(wanted, 2 * area_capacity);
    struct area *grown = krealloc(areas, capacity * sizeof(*areas));
    if (grown == NULL)
        return -ENOMEM;
    areas = grown;
    area_capacity = capacity;
    return 0;
}

static void insert_at(size_t index, const struct area *area) {
    assert(area_count < area_capacity);
    memmove(&areas[index + 1], &areas[index], (area_count - index) * sizeof(*areas));
    areas[index] = *area;
    area_count++;
    if (area->file)
        file_get(area->file);
}

void areas_split(uaddr_t address) {
    size_t index = area_index(address);

    if (index == area_count || areas[index].start >= address)
        return;
    struct area rest = areas[index];
    rest.offset += address - rest.start;
    rest.start = address;
    areas[index].end = address;
    insert_at(index + 1, &rest);
}

void areas_insert(const struct area *area) {
    size_t index = area_index(area->start);

    assert(index == area_count || areas[index].start >= area->end);
    insert_at(index, area);
}

void areas_remove(uaddr_t start, uaddr_t end) {
    size_t first = area_index(start), last = first;

    while (last < area_count && areas[last].start < end) {
        assert(areas[last].start >= start && areas[last].end <= end);
        last++;
    }
    /* The array is whole again before a file is let go, since that may run the file's own code. */
    for (size_t left = last - first; left > 0; left--) {
        struct file *file = areas[first].file;

        memmove(&areas[first], &areas[first + 1], (area_count - first - 1) * sizeof(*areas));
        area_count--;
        if (file)
            file_put(file);
    }
}

static bool continues(const struct area *a, const struct area *b) {
    return a->end == b->start && a->prot == b->prot && a->shared == b->shared &&
           a->kind == b->kind && a->file == b->file &&
           (a->file == NULL || a->offset + (a->end - a->start) == b->offset);
}

void areas_join(uaddr_t start, uaddr_t end) {
    size_t index = area_index(start);

    if (index > 0)
        index--;
    while (index + 1 < area_count && areas[index].start <= end) {
        if (!continues(&areas[index], &areas[index + 1])) {
            index++;
            continue;
        }
        struct file *file = areas[index + 1].file;
        areas[index].end = areas[index + 1].end;
        memmove(&areas[index + 1], &areas[index + 2], (area_count - index - 2) * sizeof(*areas));
        area_count--;
        if (file)
            file_put(file);
    }
}

bool areas_cover(uaddr_t start, uaddr_t end) {
    for (size_t index = area_index(start); start < end; index++) {
        if (index == area_count || areas[index].start > start)
            return false;
        start = areas[index].end;
    }
    return true;
}
