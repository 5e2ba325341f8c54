/* Positions and sizes of files, and the calls that make them durable: files that outlive the
 * machine (volumes) know how, for all others there is nothing to do. */
#include "linux/files.h"

#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#define SEEK_DATA 3
#define SEEK_HOLE 4
#define FALLOC_FL_KEEP_SIZE 1

static int64_t size_of(const struct file *file) {
    struct linux_stat stat;

    if (file->inode == NULL || inode_type(file->inode) == S_IFCHR)
        return 0;
    int error = stat_inode(file->inode, &stat);
    return error ? error : stat.size;
}

/* A file is all data, with one hole behind its end. */
static int64_t seek_target(const struct file *file, int64_t offset, int whence) {
    int64_t size = whence == SEEK_SET || whence == SEEK_CUR ? 0 : size_of(file);

    if (size < 0)
        return size;
    switch (whence) {
    case SEEK_SET:
        return offset;
    case SEEK_CUR:
        return (int64_t)file->offset + offset;
    case SEEK_END:
        return size + offset;
    case SEEK_DATA:
    case SEEK_HOLE:
        if (offset < 0 || offset >= size)
            return -ENXIO;
        return whence == SEEK_DATA ? offset : size;
    default:
        return -EINVAL;
    }
}

int64_t sys_lseek(int fd, int64_t offset, int whence) {
    struct file *file = usable_file(fd);

    if (file == NULL)
        return -EBADF;
    if (!file->ops->seekable)
        return -ESPIPE;
    int64_t target = seek_target(file, offset, whence);
    if (target < 0)
        return whence == SEEK_DATA || whence == SEEK_HOLE ? target : -EINVAL;
    file->offset = (uint64_t)target;
    return target;
}

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

    if (file == NULL)
        return -EBADF;
    if (offset < 0 || length <= 0 || offset > INT64_MAX - length)
        return -EINVAL;
    if (mode & ~FALLOC_FL_KEEP_SIZE)
        return -ENOTSUP;
    if (file->inode == NULL || inode_type(file->inode) != S_IFREG)
        return -ENODEV;
    if (mode & FALLOC_FL_KEEP_SIZE || offset + length <= size_of(file))
        return 0;
    return truncate_inode(file->inode, offset + length);
}

static int64_t if_open(int fd) {
    return usable_file(fd) ? 0 : -EBADF;
}

static int64_t sync_file(int fd, bool data_only) {
    struct file *file = usable_file(fd);

    if (file == NULL)
        return -EBADF;
    if (file->ops->sync == NULL)
        return file->inode ? 0 : -EINVAL; /* a pipe, a socket */
    file_get(file);
    int error = file->ops->sync(file, data_only);
    file_put(file);
    return error;
}

int64_t sys_fsync(int fd) {
    return sync_file(fd, false);
}

int64_t sys_fdatasync(int fd) {
    return sync_file(fd, true);
}

/* More than was asked for: the whole file, and on the disk. */
int64_t sys_sync_file_range(int fd) {
    return sync_file(fd, true);
}

/* Every open file: what was closed without fsync, the host writes when it likes. */
int64_t sys_sync(void) {
    for (int fd = fd_next(0); fd >= 0; fd = fd_next(fd + 1))
        (void)sync_file(fd, false);
    return 0;
}

int64_t sys_syncfs(int fd) {
    return usable_file(fd) ? sys_sync() : -EBADF;
}

int64_t sys_fadvise64(int fd) {
    return if_open(fd);
}

int64_t sys_readahead(int fd) {
    return if_open(fd);
}

/* There is one process, so nobody else can hold a lock. */
int64_t sys_flock(int fd) {
    return if_open(fd);
}
