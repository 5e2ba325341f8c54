/* What is known of a file: stat and its family, access, statfs. */
#include "core/string.h"
#include "linux/files.h"

#define ANONYMOUS_DEVICE 9

#define R_OK 4
#define W_OK 2
#define X_OK 1

int stat_inode(const struct inode *inode, struct linux_stat *stat) {
    *stat = (struct linux_stat){
        .dev = inode->device, .ino = inode->number, .nlink = 1, .mode = inode->mode};
    return inode->ops->stat(inode, stat);
}

/* A pipe, a socket or another file without a path. */
static void stat_anonymous(const struct file *file, struct linux_stat *stat) {
    uint32_t mode = file->socket ? S_IFSOCK | 0777 : file->ops->mode ? file->ops->mode : 0600;

    *stat = (struct linux_stat){.dev = ANONYMOUS_DEVICE,
                                .ino = (uintptr_t)file / 16 % INT32_MAX,
                                .nlink = 1,
                                .mode = mode,
                                .blksize = PAGE_SIZE};
}

static int stat_descriptor(int fd, struct linux_stat *stat) {
    const struct file *file = fd_file(fd);

    if (file == NULL)
        return -EBADF;
    if (file->inode)
        return stat_inode(file->inode, stat);
    stat_anonymous(file, stat);
    return 0;
}

/* fstatat with an empty path, as the C library writes fstat; NULL is an empty path too. */
static bool means_descriptor(uaddr_t path, int flags) {
    char first;

    if ((flags & AT_EMPTY_PATH) == 0)
        return false;
    return path == 0 || (get_user(first, path) == 0 && first == 0);
}

int stat_at(int directory, uaddr_t path, int flags, struct linux_stat *stat) {
    struct walk walk;

    if (directory != AT_FDCWD && means_descriptor(path, flags))
        return stat_descriptor(directory, stat);
    int error =
        walk_user(directory, path, flags, flags & AT_SYMLINK_NOFOLLOW ? WALK_NOFOLLOW : 0, &walk);
    return error ? error : stat_inode(&walk.inode, stat);
}

int64_t sys_newfstatat(int directory, uaddr_t path, uaddr_t to, int flags) {
    struct linux_stat stat;
    int error = stat_at(directory, path, flags, &stat);

    return error ? error : put_user(stat, to);
}

int64_t sys_stat(uaddr_t path, uaddr_t to) {
    return sys_newfstatat(AT_FDCWD, path, to, 0);
}

int64_t sys_lstat(uaddr_t path, uaddr_t to) {
    return sys_newfstatat(AT_FDCWD, path, to, AT_SYMLINK_NOFOLLOW);
}

int64_t sys_fstat(int fd, uaddr_t to) {
    struct linux_stat stat;
    int error = stat_descriptor(fd, &stat);

    return error ? error : put_user(stat, to);
}

/* The mode of an inode that was looked up is not exact where a server knows it. */
static int check_execution(const struct inode *inode) {
    struct linux_stat stat;
    int error = stat_inode(inode, &stat);

    return error ? error : stat.mode & 0111 ? 0 : -EACCES;
}

/* The user is root: everything may be read, and run if anyone may. */
int64_t sys_faccessat2(int directory, uaddr_t path, int mode, int flags) {
    struct walk walk;
    uint32_t type;

    if (mode & ~(R_OK | W_OK | X_OK))
        return -EINVAL;
    int error =
        walk_user(directory, path, flags, flags & AT_SYMLINK_NOFOLLOW ? WALK_NOFOLLOW : 0, &walk);
    if (error)
        return error;
    type = inode_type(&walk.inode);
    if (mode & W_OK && (type == S_IFREG || type == S_IFDIR) && inode_is_read_only(&walk.inode))
        return -EROFS;
    return mode & X_OK && type != S_IFDIR ? check_execution(&walk.inode) : 0;
}

int64_t sys_faccessat(int directory, uaddr_t path, int mode) {
    return sys_faccessat2(directory, path, mode, 0);
}

int64_t sys_access(uaddr_t path, int mode) {
    return sys_faccessat2(AT_FDCWD, path, mode, 0);
}
