/* Permissions, owners and times of files. */
#include "core/clock.h"
#include "linux/deadline.h"
#include "linux/files.h"

#define UTIME_NOW 0x3fffffff
#define UTIME_OMIT 0x3ffffffe

static int walk_at(int directory, uaddr_t path, int flags, struct walk *walk) {
    return walk_user(directory, path, flags, flags & AT_SYMLINK_NOFOLLOW ? WALK_NOFOLLOW : 0, walk);
}

static int64_t change_mode(const struct inode *inode, uint32_t mode) {
    return inode->ops->change_mode ? inode->ops->change_mode(inode, mode & 07777) : -EROFS;
}

static const struct inode *inode_of(int fd) {
    const struct file *file = usable_file(fd);

    return file ? file->inode : NULL;
}

static int error_of(int fd) {
    return usable_file(fd) ? -EINVAL : -EBADF;
}

int64_t sys_fchmodat2(int directory, uaddr_t path, uint32_t mode, int flags) {
    struct walk walk;
    int error = walk_at(directory, path, flags, &walk);

    if (error)
        return error;
    return inode_type(&walk.inode) == S_IFLNK ? -ENOTSUP : change_mode(&walk.inode, mode);
}

int64_t sys_fchmodat(int directory, uaddr_t path, uint32_t mode) {
    return sys_fchmodat2(directory, path, mode, 0);
}

int64_t sys_chmod(uaddr_t path, uint32_t mode) {
    return sys_fchmodat2(AT_FDCWD, path, mode, 0);
}

/* Sockets and pipes accept it, and keep nothing. */
int64_t sys_fchmod(int fd, uint32_t mode) {
    const struct inode *inode = inode_of(fd);

    if (inode == NULL)
        return usable_file(fd) ? 0 : -EBADF;
    return change_mode(inode, mode);
}

static int64_t change_owner(const struct inode *inode, uint32_t user, uint32_t group) {
    if (inode->ops->change_owner)
        return inode->ops->change_owner(inode, user, group);
    return inode_is_read_only(inode) ? -EROFS : 0;
}

int64_t sys_fchownat(int directory, uaddr_t path, uint32_t user, uint32_t group, int flags) {
    struct walk walk;

    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    int error = walk_at(directory, path, flags, &walk);
    return error ? error : change_owner(&walk.inode, user, group);
}

int64_t sys_chown(uaddr_t path, uint32_t user, uint32_t group) {
    return sys_fchownat(AT_FDCWD, path, user, group, 0);
}

int64_t sys_lchown(uaddr_t path, uint32_t user, uint32_t group) {
    return sys_fchownat(AT_FDCWD, path, user, group, AT_SYMLINK_NOFOLLOW);
}

int64_t sys_fchown(int fd, uint32_t user, uint32_t group) {
    const struct inode *inode = inode_of(fd);

    if (inode == NULL)
        return usable_file(fd) ? 0 : -EBADF;
    return change_owner(inode, user, group);
}

/* One of the two times: now, left as it is, or the one given. */
static int time_of(struct linux_timespec time, bool *set, uint64_t *nanoseconds) {
    *set = time.nanoseconds != UTIME_OMIT;
    if (!*set)
        return 0;
    if (time.nanoseconds == UTIME_NOW) {
        *nanoseconds = clock_realtime();
        return 0;
    }
    return nanoseconds_of(time, nanoseconds);
}

/* `path` 0 is the descriptor itself, as futimens has it. */
static int64_t set_times(int directory, uaddr_t path, const struct linux_timespec times[2],
                         int flags) {
    struct inode_times change;
    struct walk walk;
    int error = time_of(times[0], &change.set_access, &change.access);

    if (error == 0)
        error = time_of(times[1], &change.set_modification, &change.modification);
    if (error)
        return error;
    const struct inode *inode = path ? &walk.inode : inode_of(directory);
    if (path)
        error = walk_at(directory, path, flags, &walk);
    if (error || inode == NULL)
        return error ? error : error_of(directory);
    return inode->ops->change_times ? inode->ops->change_times(inode, &change) : -EROFS;
}

int64_t sys_utimensat(int directory, uaddr_t path, uaddr_t times_address, int flags) {
    struct linux_timespec times[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};

    if (times_address && copy_from_user(times, times_address, sizeof(times)))
        return -EFAULT;
    return set_times(directory, path, times, flags);
}

static int64_t set_old_times(int directory, uaddr_t path, uaddr_t times_address) {
    struct linux_timespec times[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
    struct linux_timeval old[2];

    if (times_address && copy_from_user(old, times_address, sizeof(old)))
        return -EFAULT;
    for (int i = 0; times_address && i < 2; i++)
        times[i] = (struct linux_timespec){old[i].seconds, old[i].microseconds * 1000};
    return set_times(directory, path, times, 0);
}

int64_t sys_futimesat(int directory, uaddr_t path, uaddr_t times) {
    return set_old_times(directory, path, times);
}

int64_t sys_utimes(uaddr_t path, uaddr_t times) {
    return set_old_times(AT_FDCWD, path, times);
}

int64_t sys_utime(uaddr_t path, uaddr_t times_address) {
    struct linux_timespec times[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
    int64_t old[2];

    if (times_address && copy_from_user(old, times_address, sizeof(old)))
        return -EFAULT;
    for (int i = 0; times_address && i < 2; i++)
        times[i] = (struct linux_timespec){old[i], 0};
    return set_times(AT_FDCWD, path, times, 0);
}
