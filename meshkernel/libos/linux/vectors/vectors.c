/* Reading and writing at a place, and with several buffers. */
#include "linux/files.h"

#define RWF_APPEND 0x10
#define RWF_KNOWN 0x1f /* HIPRI, DSYNC, SYNC, NOWAIT, APPEND */

int64_t sys_pwrite64(int fd, uaddr_t buffer, size_t size, int64_t offset) {
    return offset < 0 ? -EINVAL : transfer_one(fd, buffer, size, true, (uint64_t)offset);
}

int64_t sys_readv(int fd, uaddr_t vectors, int count) {
    return transfer_many(fd, vectors, count, false, TRANSFER_HERE);
}

int64_t sys_preadv(int fd, uaddr_t vectors, int count, int64_t offset) {
    return offset < 0 ? -EINVAL : transfer_many(fd, vectors, count, false, (uint64_t)offset);
}

int64_t sys_pwritev(int fd, uaddr_t vectors, int count, int64_t offset) {
    return offset < 0 ? -EINVAL : transfer_many(fd, vectors, count, true, (uint64_t)offset);
}

/* -1 is the file's own offset. The fifth argument is the upper half of the offset on machines of 32
 * bits. */
static int64_t transfer_flagged(int fd, uaddr_t vectors, int count, int64_t offset, int flags,
                                bool write) {
    if (flags & ~RWF_KNOWN || flags & RWF_APPEND)
        return -ENOTSUP;
    if (offset < -1)
        return -EINVAL;
    return transfer_many(fd, vectors, count, write,
                         offset == -1 ? TRANSFER_HERE : (uint64_t)offset);
}

int64_t sys_preadv2(int fd, uaddr_t vectors, int count, int64_t offset, uint64_t upper, int flags) {
    (void)upper;
    return transfer_flagged(fd, vectors, count, offset, flags, false);
}

int64_t sys_pwritev2(int fd, uaddr_t vectors, int count, int64_t offset, uint64_t upper,
                     int flags) {
    (void)upper;
    return transfer_flagged(fd, vectors, count, offset, flags, true);
}
