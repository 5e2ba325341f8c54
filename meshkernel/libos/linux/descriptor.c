/* Descriptors: close, dup, fcntl, ioctl. */
#include "core/thread.h"
#include "linux/files.h"
#include "linux/process.h"

#define F_DUPFD 0
#define F_GETFD 1
#define F_SETFD 2
#define F_GETFL 3
#define F_SETFL 4
#define F_SETOWN 8
#define F_GETOWN 9
#define F_NOTIFY 1026
#define F_DUPFD_CLOEXEC 1030
#define F_SETPIPE_SZ 1031
#define F_GETPIPE_SZ 1032
#define FD_CLOEXEC 1
#define F_UNLCK 2
#define DN_MULTISHOT 0x80000000u

#define FIONREAD 0x541B
#define FIONBIO 0x5421
#define FIONCLEX 0x5450
#define FIOCLEX 0x5451
#define FIOASYNC 0x5452

#define SETTABLE_FLAGS (O_APPEND | O_NONBLOCK)

int64_t sys_close(int fd) {
    return fd_close(fd);
}

static int64_t duplicate(int fd, int from, bool close_on_exec) {
    struct file *file = fd_file(fd);

    if (file == NULL)
        return -EBADF;
    if (from < 0 || (uint64_t)from >= limit_get(RLIMIT_NOFILE))
        return -EINVAL;
    file_get(file);
    int copy = fd_install(file, from, close_on_exec);
    if (copy < 0)
        file_put(file);
    return copy;
}

int64_t sys_dup(int fd) {
    return duplicate(fd, 0, false);
}

/* Without a library for locks every one is granted: they are the process's own, which are never in
 * its way. */
static int64_t lock_control(struct file *file, int command, uaddr_t lock) {
    int16_t type = F_UNLCK;

    if (file->flags & O_PATH)
        return -EBADF;
    if (file_locks)
        return file_locks->control(file, command, lock);
    return command == F_GETLK || command == F_OFD_GETLK ? put_user(type, lock) : 0;
}

/* Nothing tells of changes in a directory, so only "no more of them, please" can be granted. */
static int64_t notify(const struct file *file, uint64_t events) {
    if ((events & ~(uint64_t)DN_MULTISHOT) != 0)
        return -EINVAL;
    return file->inode && inode_type(file->inode) == S_IFDIR ? 0 : -ENOTDIR;
}

int64_t sys_fcntl(int fd, int command, uint64_t argument) {
    struct file *file = fd_file(fd);

    if (file == NULL)
        return -EBADF;
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        return duplicate(fd, (int)argument, command == F_DUPFD_CLOEXEC);
    case F_GETFD:
        return fd_close_on_exec(fd) ? FD_CLOEXEC : 0;
    case F_SETFD:
        fd_set_close_on_exec(fd, argument & FD_CLOEXEC);
        return 0;
    case F_GETFL:
        return file->flags;
    case F_SETFL:
        file->flags = (file->flags & ~SETTABLE_FLAGS) | ((int)argument & SETTABLE_FLAGS);
        return 0;
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        return lock_control(file, command, argument);
    case F_SETOWN:
        return 0;
    case F_GETOWN:
        return process_id;
    case F_NOTIFY:
        return notify(file, argument);
    case F_SETPIPE_SZ:
    case F_GETPIPE_SZ:
        return file->ops->pipe_size == NULL
                   ? -EBADF
                   : file->ops->pipe_size(file, command == F_SETPIPE_SZ, (unsigned)argument);
    default:
        return -EINVAL;
    }
}

static int64_t set_nonblocking(struct file *file, uaddr_t argument) {
    int on;
    int error = get_user(on, argument);

    if (error == 0)
        file->flags = on ? file->flags | O_NONBLOCK : file->flags & ~O_NONBLOCK;
    return error;
}

/* Bytes from the file's offset to its end. */
static int64_t bytes_left(const struct file *file, uaddr_t argument) {
    struct linux_stat stat;

    int error = stat_inode(file->inode, &stat);
    if (error)
        return error;
    int left = (int)MIN(MAX(stat.size - (int64_t)file->offset, (int64_t)0), (int64_t)INT32_MAX);
    return put_user(left, argument);
}

int64_t sys_ioctl(int fd, unsigned command, uaddr_t argument) {
    struct file *file = usable_file(fd);

    if (file == NULL)
        return -EBADF;
    switch (command) {
    case FIOCLEX:
    case FIONCLEX:
        fd_set_close_on_exec(fd, command == FIOCLEX);
        return 0;
    case FIONBIO:
        return set_nonblocking(file, argument);
    case FIOASYNC:
        return 0;
    case FIONREAD:
        if (file->inode && inode_type(file->inode) == S_IFREG)
            return bytes_left(file, argument);
        break;
    default:
        break;
    }
    return file->ops->ioctl ? file->ops->ioctl(file, command, argument) : -ENOTTY;
}
