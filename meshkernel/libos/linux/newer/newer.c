/* Newer forms of opening a file and asking what is known of it. */
#include "linux/files.h"
#include "mm/user.h"

int64_t sys_openat(int directory, uaddr_t path, int flags, uint32_t mode);

struct linux_open_how {
    uint64_t flags, mode, resolve;
};

int64_t sys_openat2(int directory, uaddr_t path, uaddr_t how_address, size_t size) {
    struct linux_open_how how;

    if (size < sizeof(how))
        return -EINVAL;
    int error = get_user(how, how_address);
    if (error)
        return error;
    if (size > sizeof(how) || how.resolve) /* restrictions that we would have to keep */
        return -E2BIG;
    if (how.flags >> 32)
        return -EINVAL;
    return sys_openat(directory, path, (int)how.flags, (uint32_t)how.mode);
}

struct linux_statx_time {
    int64_t seconds;
    uint32_t nanoseconds;
    int32_t reserved;
};

struct linux_statx {
    uint32_t mask, blksize;
    uint64_t attributes;
    uint32_t nlink, uid, gid;
    uint16_t mode, pad;
    uint64_t ino, size, blocks, attributes_mask;
    struct linux_statx_time atime, btime, ctime, mtime;
    uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
    uint64_t spare[14];
};
_Static_assert(sizeof(struct linux_statx) == 256, "struct statx");

#define STATX_BASIC_STATS 0x7ffu

static struct linux_statx_time statx_time(struct linux_timespec time) {
    return (struct linux_statx_time){time.seconds, (uint32_t)time.nanoseconds, 0};
}

int64_t sys_statx(int directory, uaddr_t path, int flags, unsigned mask, uaddr_t to) {
    struct linux_stat stat;
    int error = stat_at(directory, path, flags, &stat);

    (void)mask;
    if (error)
        return error;
    struct linux_statx statx = {.mask = STATX_BASIC_STATS,
                                .blksize = (uint32_t)stat.blksize,
                                .nlink = (uint32_t)stat.nlink,
                                .uid = stat.uid,
                                .gid = stat.gid,
                                .mode = (uint16_t)stat.mode,
                                .ino = stat.ino,
                                .size = (uint64_t)stat.size,
                                .blocks = (uint64_t)stat.blocks,
                                .atime = statx_time(stat.atime),
                                .ctime = statx_time(stat.ctime),
                                .mtime = statx_time(stat.mtime),
                                .rdev_major = (uint32_t)(stat.rdev >> 8),
                                .rdev_minor = (uint32_t)(stat.rdev & 0xff),
                                .dev_minor = (uint32_t)stat.dev};
    return put_user(statx, to);
}
