/* Pages of files that are mapped. All maps of a file share them, and what is written to the file by
 * this machine is written to them too, so maps and reads agree; what the host changes under a map
 * may not be seen, as with any file system on a network. Groups of pages are read at once: one
 * request instead of sixteen. */
#include "core/pages.h"
#include "core/alloc.h"
#include "core/string.h"
#include "fs/ninep/volume.h"
#include "linux/errno.h"

#define GROUP_PAGES 16u
#define GROUP_SIZE (GROUP_PAGES * PAGE_SIZE)
#define SWEEP_LEAST 256u /* pages; below that nothing is looked for */

struct group {
    struct list link;
    uint64_t index; /* of the group in the file */
    void *pages[GROUP_PAGES];
    uint32_t written; /* by maps: bit n is page n */
};

static struct group *find_group(const struct object *object, uint64_t index) {
    LIST_FOR_EACH(link, &object->pages) {
        struct group *group = LIST_ENTRY(link, struct group, link);

        if (group->index == index)
            return group;
    }
    return NULL;
}

static void drop(struct object *object, struct group *group, unsigned from) {
    for (unsigned i = from; i < GROUP_PAGES; i++) {
        if (group->pages[i] == NULL)
            continue;
        page_put(group->pages[i]);
        group->pages[i] = NULL;
        group->written &= ~(1u << i);
        object->page_count--;
    }
    if (from == 0) {
        list_remove(&group->link);
        kfree(group);
    }
}

void object_drop_pages(struct object *object) {
    LIST_FOR_EACH(link, &object->pages)
    drop(object, LIST_ENTRY(link, struct group, link), 0);
}

static bool is_mapped(const struct group *group) {
    for (unsigned i = 0; i < GROUP_PAGES; i++)
        if (group->pages[i] && page_references(group->pages[i]) > 1)
            return true;
    return false;
}

/* Gives back what no map holds any more, but for what is still to be written; looked for whenever
 * the pages have doubled. */
static void sweep(struct object *object) {
    if (object->page_count < MAX(object->sweep_at, (size_t)SWEEP_LEAST))
        return;
    LIST_FOR_EACH(link, &object->pages) {
        struct group *group = LIST_ENTRY(link, struct group, link);

        if (group->written == 0 && !is_mapped(group))
            drop(object, group, 0);
    }
    object->sweep_at = 2 * object->page_count;
}

static struct group *make_group(struct object *object, uint64_t index) {
    sweep(object);
    struct group *group = knew(struct group);
    if (group == NULL)
        return NULL;
    group->index = index;
    list_prepend(&object->pages, &group->link);
    return group;
}

/* Fills the pages that are missing; those behind the end of the file stay so. */
static void fill(struct object *object, struct group *group, const uint8_t *bytes, size_t size) {
    for (unsigned i = 0; i * PAGE_SIZE < size; i++) {
        if (group->pages[i])
            continue;
        void *page = page_alloc();
        if (page == NULL)
            return;
        memcpy(page, bytes + i * PAGE_SIZE, MIN(PAGE_SIZE, size - i * PAGE_SIZE));
        group->pages[i] = page;
        object->page_count++;
    }
}

/* Polled, since a fault never sleeps; `faults` is no other request's, so that one may come while
 * the reply to any other is copied out. */
static void read_group(struct volume *volume, struct object *object, struct group *group,
                       const struct node *open) {
    uint8_t *bytes;

    ssize_t count =
        client_read(&volume->faults, open, group->index * GROUP_SIZE, GROUP_SIZE, &bytes, true);
    if (count > 0)
        fill(object, group, bytes, (size_t)count);
}

void *object_page(struct volume *volume, struct object *object, const struct node *open,
                  uint64_t index) {
    if (index > INT64_MAX >> PAGE_SHIFT)
        return NULL;
    struct group *group = find_group(object, index / GROUP_PAGES);

    if (group == NULL)
        group = make_group(object, index / GROUP_PAGES);
    if (group == NULL)
        return NULL;
    if (group->pages[index % GROUP_PAGES] == NULL)
        read_group(volume, object, group, open);
    void *page = group->pages[index % GROUP_PAGES];
    if (page)
        page_get(page);
    return page;
}

void object_written(struct object *object, uint64_t offset, const uint8_t *bytes, size_t size) {
    for (size_t step; size > 0; offset += step, bytes += step, size -= step) {
        uint64_t index = offset >> PAGE_SHIFT;
        const struct group *group = find_group(object, index / GROUP_PAGES);
        void *page = group ? group->pages[index % GROUP_PAGES] : NULL;

        step = MIN(size, PAGE_SIZE - (offset & PAGE_MASK));
        if (page)
            memcpy((uint8_t *)page + (offset & PAGE_MASK), bytes, step);
    }
}

void object_overlay(const struct object *object, uint64_t offset, uint8_t *bytes, size_t size) {
    if (!object->written_by_maps)
        return;
    for (size_t step; size > 0; offset += step, bytes += step, size -= step) {
        uint64_t index = offset >> PAGE_SHIFT;
        const struct group *group = find_group(object, index / GROUP_PAGES);
        const uint8_t *page = group ? group->pages[index % GROUP_PAGES] : NULL;

        step = MIN(size, PAGE_SIZE - (offset & PAGE_MASK));
        if (page && group->written & 1u << index % GROUP_PAGES)
            memcpy(bytes, page + (offset & PAGE_MASK), step);
    }
}

void object_map_written(struct object *object, uint64_t index) {
    struct group *group = find_group(object, index / GROUP_PAGES);

    if (group == NULL) /* the file was cut meanwhile: the page is the map's alone */
        return;
    group->written |= 1u << index % GROUP_PAGES;
    object->written_by_maps = true;
}

static int write_page(struct volume *volume, const struct node *open, const void *page,
                      uint64_t offset, size_t size) {
    uint8_t *bytes = client_write_begin(&volume->faults, open, offset, size);

    memcpy(bytes, page, size);
    ssize_t count = client_write(&volume->faults, open, size, true);
    return count < 0 ? (int)count : (size_t)count < size ? -EIO : 0;
}

/* A page that is still mapped may be written to again without a fault, so it stays marked. */
static int flush_group(struct volume *volume, struct group *group, const struct node *open,
                       uint64_t file_size) {
    for (unsigned i = 0; i < GROUP_PAGES; i++) {
        uint64_t offset = group->index * GROUP_SIZE + i * PAGE_SIZE;

        if (group->pages[i] == NULL || (group->written & 1u << i) == 0)
            continue;
        if (offset < file_size) {
            size_t size = MIN(PAGE_SIZE, file_size - offset);
            int error = write_page(volume, open, group->pages[i], offset, size);

            if (error)
                return error;
        }
        if (page_references(group->pages[i]) == 1)
            group->written &= ~(1u << i);
    }
    return 0;
}

int object_flush(struct volume *volume, struct object *object, const struct node *open) {
    struct attributes attributes;

    if (!object->written_by_maps)
        return 0;
    int error = client_attributes(object_attributes_node(open), &attributes);
    object->written_by_maps = error;
    LIST_FOR_EACH(link, &object->pages) {
        struct group *group = LIST_ENTRY(link, struct group, link);

        if (error == 0)
            error = flush_group(volume, group, open, attributes.size);
        object->written_by_maps |= group->written > 0;
    }
    return error;
}

/* Pages behind the new end are no longer the file's: who has them mapped keeps them, as in /tmp. */
void object_truncated(struct object *object, uint64_t size) {
    uint64_t first = PAGE_UP(size) >> PAGE_SHIFT;

    LIST_FOR_EACH(link, &object->pages) {
        struct group *group = LIST_ENTRY(link, struct group, link);
        uint64_t start = group->index * GROUP_PAGES;

        if (size & PAGE_MASK && (size >> PAGE_SHIFT) / GROUP_PAGES == group->index) {
            uint8_t *last = group->pages[(size >> PAGE_SHIFT) % GROUP_PAGES];

            if (last)
                memset(last + (size & PAGE_MASK), 0, PAGE_SIZE - (size & PAGE_MASK));
        }
        if (start + GROUP_PAGES > first)
            drop(object, group, first > start ? (unsigned)(first - start) : 0);
    }
}
