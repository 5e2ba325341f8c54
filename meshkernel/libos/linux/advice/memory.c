/* What of memory is to be kept at hand, or written to a mapped file: nothing is ever taken away. */
#include "fs/file.h"
#include "linux/errno.h"
#include "mm/space.h"

#define MS_ASYNC 1
#define MS_INVALIDATE 2
#define MS_SYNC 4

/* The files that are mapped in a range. Those whose pages are their own have nothing to write back,
 * and say so by having no `sync`. An area may go while one sleeps: the next is found by its
 * address.
 */
static int sync_maps(uaddr_t start, uaddr_t end) {
    struct space_area area;
    int error = 0;

    for (size_t i = 0; error == 0 && space_describe(i, &area) && area.start < end; i++) {
        struct file *file = area.file;

        if (area.end <= start || file == NULL || !area.shared || file->ops->sync == NULL)
            continue;
        file_get(file);
        error = file->ops->sync(file, false);
        file_put(file);
        start = area.end;
        i = (size_t)-1;
    }
    return error;
}

int64_t sys_msync(uaddr_t address, uint64_t size, int flags) {
    if ((address & PAGE_MASK) || (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) ||
        (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
        return -EINVAL;
    if (size > 0 && !space_is_mapped(address, size))
        return -ENOMEM;
    return flags & MS_SYNC ? sync_maps(address, address + size) : 0;
}

int64_t sys_mincore(uaddr_t address, uint64_t size, uaddr_t vector) {
    if (address & PAGE_MASK)
        return -EINVAL;
    return size == 0 ? 0 : space_residency(address, size, vector);
}

/* Nothing is ever swapped out, so memory that is there stays. mlock promises that it is there. */
static int64_t lock(uaddr_t address, uint64_t size) {
    uaddr_t start = PAGE_DOWN(address);

    if (size > SPACE_TOP || address > SPACE_TOP - size)
        return -ENOMEM;
    return size == 0 ? 0 : space_populate(start, PAGE_UP(address + size) - start);
}

int64_t sys_mlock(uaddr_t address, uint64_t size) {
    return lock(address, size);
}

int64_t sys_mlock2(uaddr_t address, uint64_t size, int flags) {
    if (flags & ~1)
        return -EINVAL;
    return flags ? 0 : lock(address, size); /* 1: only what is touched later on */
}

int64_t sys_munlock(uaddr_t address, uint64_t size) {
    return size == 0 || space_is_mapped(PAGE_DOWN(address), size) ? 0 : -ENOMEM;
}

int64_t sys_mlockall(int flags) {
    return flags == 0 || (flags & ~7) ? -EINVAL : 0;
}

int64_t sys_munlockall(void) {
    return 0;
}
