/* Positions in files. */
#include "linux/files.h"

#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#define SEEK_DATA 3
#define SEEK_HOLE 4

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
