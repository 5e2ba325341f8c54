/* The system calls about memory: arguments checked and passed on to mm/. */
#include "core/types.h"
#include "fs/file.h"
#include "linux/errno.h"
#include "mm/space.h"
#include "mm/user.h"

#define MADV_DONTNEED 4
#define MADV_REMOVE 9
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#define MADV_LAST 25

#define MS_ASYNC 1
#define MS_INVALIDATE 2
#define MS_SYNC 4

int64_t sys_mmap(uaddr_t address, uint64_t size, int prot, int flags, int fd, uint64_t offset) {
    struct file *file = NULL;

    if (!(flags & MAP_ANONYMOUS) && (file = fd_file(fd)) == NULL)
        return -EBADF;
    return space_map(address, size, prot, flags, file, offset);
}

int64_t sys_munmap(uaddr_t address, uint64_t size) {
    return space_unmap(address, size);
}

int64_t sys_mprotect(uaddr_t address, uint64_t size, int prot) {
    return space_protect(address, size, prot);
}

int64_t sys_mremap(uaddr_t old, uint64_t old_size, uint64_t new_size, int flags, uaddr_t wanted) {
    return space_remap(old, old_size, new_size, flags, wanted);
}

int64_t sys_brk(uaddr_t wanted) {
    return (int64_t)space_break(wanted);
}

/* Only what changes what a later read sees has an effect; the rest is advice that there is nobody
 * to give to. */
int64_t sys_madvise(uaddr_t address, uint64_t size, int advice) {
    if ((address & PAGE_MASK) || advice < 0 || advice > MADV_LAST || advice == MADV_REMOVE)
        return -EINVAL;
    if (size == 0)
        return 0;
    if (size > SPACE_TOP || address > SPACE_TOP - PAGE_UP(size))
        return -ENOMEM;
    if (advice == MADV_DONTNEED)
        return space_discard(address, size);
    if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE)
        return space_populate(address, PAGE_UP(size));
    return space_is_mapped(address, size) ? 0 : -ENOMEM;
}

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
