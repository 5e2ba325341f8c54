/* What makes files durable: those that outlive the machine (volumes) know how, for all others there
 * is nothing to do. */
#include "linux/files.h"

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
