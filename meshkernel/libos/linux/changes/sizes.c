/* Sizes of files. */
#include "linux/files.h"

#define FALLOC_FL_KEEP_SIZE 1

static int64_t truncate_inode(const struct inode *inode, int64_t size) {
    if (size < 0)
        return -EINVAL;
    if (inode_type(inode) == S_IFDIR)
        return -EISDIR;
    if (inode_type(inode) != S_IFREG)
        return -EINVAL;
    if (inode_is_read_only(inode) || inode->ops->truncate == NULL)
        return -EROFS;
    return inode->ops->truncate(inode, (uint64_t)size);
}

int64_t sys_truncate(uaddr_t path, int64_t size) {
    struct walk walk;
    int error = walk_user(AT_FDCWD, path, 0, 0, &walk);

    return error ? error : truncate_inode(&walk.inode, size);
}

static struct file *writable_file(int fd) {
    struct file *file = usable_file(fd);

    return file && (file->flags & O_ACCMODE) != O_RDONLY ? file : NULL;
}

int64_t sys_ftruncate(int fd, int64_t size) {
    struct file *file = writable_file(fd);

    if (file == NULL || file->inode == NULL)
        return fd_file(fd) ? -EINVAL : -EBADF;
    return truncate_inode(file->inode, size);
}

/* Pages come when they are written; only the size is made now. */
int64_t sys_fallocate(int fd, int mode, int64_t offset, int64_t length) {
    struct file *file = writable_file(fd);
    struct linux_stat stat;

    if (file == NULL)
        return -EBADF;
    if (offset < 0 || length <= 0 || offset > INT64_MAX - length)
        return -EINVAL;
    if (mode & ~FALLOC_FL_KEEP_SIZE)
        return -ENOTSUP;
    if (file->inode == NULL || inode_type(file->inode) != S_IFREG)
        return -ENODEV;
    int error = stat_inode(file->inode, &stat);
    if (error)
        return error;
    if (mode & FALLOC_FL_KEEP_SIZE || offset + length <= stat.size)
        return 0;
    return truncate_inode(file->inode, offset + length);
}
