/* The system calls about memory: arguments checked and passed on to mm/. */
#include "core/types.h"
#include "fs/file.h"
#include "linux/errno.h"
#include "mm/space.h"
#include "mm/user.h"

#define MADV_DONTNEED 4
#define MADV_REMOVE 9
#define MADV_WIPEONFORK 18
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#define MADV_LAST 25

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
 * to give to. MADV_WIPEONFORK is refused, as by a Linux that does not know it: the seal is a fork
 * that would have to wipe, and libraries that ask (for the state of their random generators) can do
 * without. */
int64_t sys_madvise(uaddr_t address, uint64_t size, int advice) {
    if ((address & PAGE_MASK) || advice < 0 || advice > MADV_LAST || advice == MADV_REMOVE ||
        advice == MADV_WIPEONFORK)
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
