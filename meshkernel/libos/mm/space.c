/* Mapping, unmapping and protecting ranges of the application's addresses. */
#include "mm/space.h"

#include "arch/x86_64/paging.h"
#include "core/pages.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "generated/config.h"
#include "linux/errno.h"
#include "mm/fill.h"
#include "mm/place.h"
#include "mm/user.h"

_Static_assert(SPACE_TOP == USER_END, "one end of the low half");

#define MAP_TYPE 0x0f
#define MAP_SHARED_VALIDATE 0x03

/* Memory is never writable and executable at once: code that a library writes at run time is what
 * an attacker would write. libffi and others fall back when refused. MK_ALLOW_WX=1 in the
 * configuration lifts it for one service. */
static bool breaks_w_xor_x(int prot) {
    return !MK_ALLOW_WX && (prot & (PROT_WRITE | PROT_EXEC)) == (PROT_WRITE | PROT_EXEC);
}

static int check_file(const struct file *file, int prot, bool shared, uint64_t offset,
                      uint64_t size) {
    int mode = file->flags & O_ACCMODE;

    if (file->ops->page == NULL)
        return -ENODEV;
    if (mode == O_WRONLY || (shared && (prot & PROT_WRITE) && mode != O_RDWR))
        return -EACCES;
    return offset + size < offset ? -EOVERFLOW : 0;
}

/* A range that the application chose. */
static int check_range(uaddr_t start, uint64_t size) {
    if (start & PAGE_MASK)
        return -EINVAL;
    if (start > SPACE_TOP || size > SPACE_TOP - start)
        return -ENOMEM;
    return 0;
}

/* Linux's heuristic: memory is promised freely, but not more at once than the machine has. */
static bool is_hopeless(uint64_t size, int prot, int flags, const struct file *file) {
    bool counts = (prot & PROT_WRITE) && !(flags & MAP_NORESERVE) && file == NULL;

    return counts && size >> PAGE_SHIFT > pages_total();
}

static int64_t choose_start(uaddr_t address, uint64_t size, int flags) {
    if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
        int error = check_range(address, size);

        if (error != 0)
            return error;
        if (address < SPACE_BOTTOM)
            return -EPERM;
        if ((flags & MAP_FIXED_NOREPLACE) && !place_is_free(address, address + size))
            return -EEXIST;
        return (int64_t)address;
    }
    address = PAGE_DOWN(address);
    if (address >= SPACE_BOTTOM && check_range(address, size) == 0 &&
        place_is_free(address, address + size))
        return (int64_t)address;
    address = place_find(size);
    return address ? (int64_t)address : -ENOMEM;
}

int64_t space_map(uaddr_t address, uint64_t size, int prot, int flags, struct file *file,
                  uint64_t offset) {
    int type = flags & MAP_TYPE;
    bool shared = type != MAP_PRIVATE;

    prot &= PROT_READ | PROT_WRITE | PROT_EXEC;
    if (size == 0 || (offset & PAGE_MASK) || type == 0 || type > MAP_SHARED_VALIDATE)
        return -EINVAL;
    if (size > SPACE_TOP)
        return -ENOMEM;
    size = PAGE_UP(size);
    if (breaks_w_xor_x(prot))
        return -EACCES;
    int error = file ? check_file(file, prot, shared, offset, size) : 0;
    if (error != 0)
        return error;
    if (is_hopeless(size, prot, flags, file) || areas_reserve(3) != 0)
        return -ENOMEM;
    int64_t start = choose_start(address, size, flags);
    if (start < 0)
        return start;
    struct area area = {.start = start,
                        .end = start + size,
                        .prot = prot,
                        .shared = shared,
                        .file = file,
                        .offset = file ? offset : 0};
    if ((error = space_unmap(area.start, size)) != 0)
        return error;
    areas_insert(&area);
    areas_join(area.start, area.end);
    if (flags & MAP_POPULATE)
        (void)space_populate(start, size); /* covered: the area was just inserted */
    return start;
}

int space_unmap(uaddr_t start, uint64_t size) {
    size = PAGE_UP(size);
    if (size == 0 || check_range(start, size) != 0)
        return -EINVAL;
    if (areas_reserve(2) != 0)
        return -ENOMEM;
    if (place_is_free(start, start + size))
        return 0;
    areas_split(start);
    areas_split(start + size);
    fill_drop(start, start + size);
    areas_remove(start, start + size);
    return 0;
}

static int check_protect(uaddr_t start, uaddr_t end, int prot) {
    if (!areas_cover(start, end))
        return -ENOMEM;
    for (size_t i = area_index(start); i < area_count && areas[i].start < end; i++) {
        const struct area *area = &areas[i];

        if (area->file && area->shared && (prot & PROT_WRITE) &&
            (area->file->flags & O_ACCMODE) != O_RDWR)
            return -EACCES;
    }
    return 0;
}

int space_protect(uaddr_t start, uint64_t size, int prot) {
    uaddr_t end = start + PAGE_UP(size);

    prot &= PROT_READ | PROT_WRITE | PROT_EXEC;
    if (start & PAGE_MASK)
        return -EINVAL;
    if (size == 0)
        return 0;
    if (check_range(start, PAGE_UP(size)) != 0)
        return -ENOMEM;
    if (breaks_w_xor_x(prot))
        return -EACCES;
    int error = check_protect(start, end, prot);
    if (error != 0)
        return error;
    if (areas_reserve(2) != 0)
        return -ENOMEM;
    areas_split(start);
    areas_split(end);
    for (size_t i = area_index(start); i < area_count && areas[i].start < end; i++) {
        areas[i].prot = prot;
        fill_protect(&areas[i], areas[i].start, areas[i].end);
    }
    areas_join(start, end);
    return 0;
}

bool space_is_mapped(uaddr_t start, uint64_t size) {
    return check_range(start, PAGE_UP(size)) == 0 && areas_cover(start, start + PAGE_UP(size));
}

int space_residency(uaddr_t start, uint64_t size, uaddr_t vector) {
    uaddr_t end = start + PAGE_UP(size);

    if (!space_is_mapped(start, size))
        return -ENOMEM;
    for (; start < end; start += PAGE_SIZE, vector++) {
        int prot;
        uint8_t present = paging_lookup(start, &prot) != NULL;

        if (put_user(present, vector) != 0)
            return -EFAULT;
    }
    return 0;
}

bool space_describe(size_t index, struct space_area *out) {
    if (index >= area_count)
        return false;
    const struct area *area = &areas[index];
    *out = (struct space_area){.start = area->start,
                               .end = area->end,
                               .prot = area->prot,
                               .shared = area->shared,
                               .offset = area->offset,
                               .file = area->file,
                               .kind = area->kind};
    return true;
}

uaddr_t space_find_file(uint32_t device, uint64_t inode_number) {
    for (size_t i = 0; i < area_count; i++) {
        const struct file *file = areas[i].file;

        if (file && file->inode && areas[i].offset == 0 && file->inode->device == device &&
            file->inode->number == inode_number)
            return areas[i].start;
    }
    return 0;
}
