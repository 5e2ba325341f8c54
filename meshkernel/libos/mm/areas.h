/* The sorted array of areas. No pages here: only which addresses are taken, and by what. */
#pragma once

#include "mm/space.h"

struct area {
    uaddr_t start, end; /* whole pages, start < end */
    int prot;
    bool shared;
    int kind;          /* SPACE_OTHER ... */
    struct file *file; /* one reference for each area; NULL: anonymous */
    uint64_t offset;   /* in the file, of `start` */
};

extern struct area *areas; /* sorted, without overlap */
extern size_t area_count;

/* Index of the first area that ends behind `address`; area_count when there is none. */
size_t area_index(uaddr_t address);

/* The area with this address, or NULL. Good until the next change. */
struct area *area_find(uaddr_t address);

/* Makes room for `extra` more areas, so that what follows cannot fail. 0 or -ENOMEM. */
int areas_reserve(size_t extra);

/* Ends an area at `address` and starts its rest as another, if one spans it. Room must be reserved.
 */
void areas_split(uaddr_t address);

/* Adds an area where nothing is; takes its own reference to the file. Room must be reserved. */
void areas_insert(const struct area *area);

/* Drops the areas in [start, end), where areas were split before. */
void areas_remove(uaddr_t start, uaddr_t end);

/* Joins neighbours from one before `start` to one behind `end` that are of one kind and continue
 * each other. */
void areas_join(uaddr_t start, uaddr_t end);

/* True when areas cover the whole range. */
bool areas_cover(uaddr_t start, uaddr_t end);

/* The index of the page of an area's file that lies at `address`. */
static inline uint64_t area_file_page(const struct area *area, uaddr_t address) {
    return (area->offset + (address - area->start)) >> PAGE_SHIFT;
}

/* True when a page of this area may be written in place although it came from the file. */
static inline bool area_writes_through(const struct area *area) {
    return area->file == NULL || area->shared;
}
