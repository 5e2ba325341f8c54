/* Filling pages on first touch, and copying them on first write. */
#include "arch/x86_64/paging.h"
#include "core/pages.h"
#include "core/print.h"
#include "core/string.h"
#include "fs/file.h"
#include "linux/errno.h"
#include "mm/fill.h"

/* A fault on a file's page maps the present neighbours in its aligned group too: one fault instead
 * of sixteen when an interpreter starts. */
#define AROUND_PAGES 16

static uint64_t resident_pages;

uint64_t space_resident(void) {
    return resident_pages << PAGE_SHIFT;
}

static void map_page(uaddr_t address, void *page, int prot) {
    if (paging_map(address, page, prot) != 0)
        out_of_memory();
    resident_pages++;
}

static void *new_page(void) {
    void *page = page_alloc();

    if (page == NULL)
        out_of_memory();
    return page;
}

static bool allows(const struct area *area, enum access access) {
    if (access == ACCESS_WRITE)
        return area->prot & PROT_WRITE;
    if (access == ACCESS_EXEC)
        return area->prot & PROT_EXEC;
    return area->prot != 0; /* x86 cannot tell read from the others */
}

/* A shared page whose file wants to know when it is first written to. */
static bool tells_of_writes(const struct area *area) {
    return area->file && area->shared && area->file->ops->map_written;
}

/* A private page of a file stays the file's own until it is written to. */
static int prot_before_copy(const struct area *area) {
    bool writable = area_writes_through(area) && !tells_of_writes(area);

    return writable ? area->prot : area->prot & ~PROT_WRITE;
}

/* The page gets the area's full protection next. */
static void tell_of_write(const struct area *area, uaddr_t address) {
    if (tells_of_writes(area))
        area->file->ops->map_written(area->file, area_file_page(area, address));
}

static void *file_page(const struct area *area, uaddr_t address) {
    void *page = area->file->ops->page(area->file, area_file_page(area, address));

    if (page == NULL && pages_available() == 0)
        out_of_memory();
    return page;
}

static void fill_around(const struct area *area, uaddr_t address) {
    uaddr_t group = address & ~(AROUND_PAGES * PAGE_SIZE - 1);
    uaddr_t start = MAX(group, area->start);
    uaddr_t end = MIN(group + AROUND_PAGES * PAGE_SIZE, area->end);

    for (uaddr_t at = start; at < end; at += PAGE_SIZE) {
        int prot;

        if (at == address || paging_lookup(at, &prot))
            continue;
        void *page = file_page(area, at);
        if (page == NULL)
            break;
        map_page(at, page, prot_before_copy(area));
    }
}

static int fill_from_file(const struct area *area, uaddr_t address, enum access access) {
    void *page = file_page(area, address);

    if (page == NULL)
        return -EFAULT; /* behind the end of the file */
    if (access == ACCESS_WRITE && !area_writes_through(area)) {
        void *copy = new_page();

        memcpy(copy, page, PAGE_SIZE);
        page_put(page);
        map_page(address, copy, area->prot);
        return 0;
    }
    if (access == ACCESS_WRITE) {
        tell_of_write(area, address);
        map_page(address, page, area->prot);
        return 0;
    }
    map_page(address, page, prot_before_copy(area));
    fill_around(area, address);
    return 0;
}

/* A write to a page that is mapped without write permission in an area that has it. */
static void write_present(const struct area *area, uaddr_t address, void *page) {
    if (!area_writes_through(area)) {
        void *original = file_page(area, address);

        if (original)
            page_put(original); /* the map still holds its own reference if this is the same page */
        if (original == page) {
            void *copy = new_page();

            memcpy(copy, page, PAGE_SIZE);
            fill_drop(address, address + PAGE_SIZE);
            map_page(address, copy, area->prot);
            return;
        }
    }
    tell_of_write(area, address);
    paging_protect(address, area->prot);
}

int fill_page(const struct area *area, uaddr_t address, enum access access) {
    int prot;
    void *page = paging_lookup(address, &prot);

    if (page == NULL) {
        if (area->file)
            return fill_from_file(area, address, access);
        map_page(address, new_page(), area->prot);
        return 0;
    }
    if (access == ACCESS_WRITE && !(prot & PROT_WRITE))
        write_present(area, address, page);
    return 0;
}

int space_fault(uaddr_t address, enum access access) {
    const struct area *area = area_find(address);

    if (area == NULL || !allows(area, access))
        return -EFAULT;
    return fill_page(area, PAGE_DOWN(address), access);
}

enum space_fault_kind space_explain(uaddr_t address) {
    const struct area *area = area_find(address);

    if (area == NULL)
        return SPACE_FAULT_NOTHING;
    if (area->kind == SPACE_GUARD)
        return SPACE_FAULT_STACK;
    if (area->file == NULL || area->prot == 0)
        return SPACE_FAULT_DENIED;
    void *page = file_page(area, PAGE_DOWN(address));
    if (page == NULL)
        return SPACE_FAULT_PAST_FILE;
    page_put(page);
    return SPACE_FAULT_DENIED;
}

void fill_drop(uaddr_t start, uaddr_t end) {
    for (uaddr_t at = paging_next(start, end); at < end; at = paging_next(at + PAGE_SIZE, end)) {
        page_put(paging_unmap(at));
        resident_pages--;
    }
}

void fill_move(uaddr_t from, uaddr_t to, uint64_t size) {
    uaddr_t end = from + size;

    for (uaddr_t at = paging_next(from, end); at < end; at = paging_next(at + PAGE_SIZE, end)) {
        int prot;

        paging_lookup(at, &prot);
        void *page = paging_unmap(at);
        if (paging_map(to + (at - from), page, prot) != 0)
            out_of_memory();
    }
}

void fill_protect(const struct area *area, uaddr_t start, uaddr_t end) {
    for (uaddr_t at = paging_next(start, end); at < end; at = paging_next(at + PAGE_SIZE, end))
        paging_protect(at, prot_before_copy(area));
}

int space_populate(uaddr_t start, uint64_t size) {
    uaddr_t end = start + size;

    if (!areas_cover(start, end))
        return -ENOMEM;
    for (uaddr_t at = start; at < end; at += PAGE_SIZE) {
        const struct area *area = area_find(at);
        enum access access = area->prot & PROT_WRITE ? ACCESS_WRITE : ACCESS_READ;

        /* Behind the end of a file there is nothing to fill, which is no error here. */
        if (allows(area, access))
            (void)fill_page(area, at, access);
    }
    return 0;
}
