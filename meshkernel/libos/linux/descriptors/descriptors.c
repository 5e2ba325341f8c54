/* Descriptors with given numbers: copying to one, closing many. */
#include "linux/files.h"

#define CLOSE_RANGE_UNSHARE 2u
#define CLOSE_RANGE_CLOEXEC 4u

int64_t sys_close_range(unsigned first, unsigned last, unsigned flags) {
    if (first > last || flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC))
        return -EINVAL;
    if (first >= DESCRIPTORS_MAX)
        return 0;
    for (int fd = fd_next((int)first); fd >= 0 && (unsigned)fd <= last; fd = fd_next(fd + 1)) {
        if (flags & CLOSE_RANGE_CLOEXEC)
            fd_set_close_on_exec(fd, true);
        else
            fd_close(fd);
    }
    return 0;
}

static int64_t duplicate_to(int fd, int to, bool close_on_exec) {
    struct file *file = fd_file(fd);

    if (file == NULL)
        return -EBADF;
    file_get(file);
    int error = fd_replace(to, file, close_on_exec);
    if (error)
        file_put(file);
    return error ? error : to;
}

int64_t sys_dup2(int fd, int to) {
    if (fd == to)
        return fd_file(fd) ? to : -EBADF;
    return duplicate_to(fd, to, false);
}

int64_t sys_dup3(int fd, int to, int flags) {
    if (fd == to || flags & ~O_CLOEXEC)
        return -EINVAL;
    return duplicate_to(fd, to, flags & O_CLOEXEC);
}
