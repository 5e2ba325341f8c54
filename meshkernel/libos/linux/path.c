/* Paths of the application, and opening them. */
#include "fs/inode.h"
#include "linux/files.h"

#define O_LARGEFILE 0100000

/* System calls never sleep between taking a path and walking it. */
static char paths[PATH_SLOTS][PATH_MAX];

int path_from_user(uaddr_t address, enum path_slot slot, const char **path) {
    ssize_t length = string_from_user(paths[slot], address, PATH_MAX);

    *path = paths[slot];
    return length < 0 ? (int)length : 0;
}

int start_of(int directory, const char *path, const struct inode **start) {
    *start = NULL;
    if (*path == '/' || directory == AT_FDCWD)
        return 0;
    const struct file *file = fd_file(directory);
    if (file == NULL)
        return -EBADF;
    if (file->inode == NULL || inode_type(file->inode) != S_IFDIR)
        return -ENOTDIR;
    *start = file->inode;
    return 0;
}

/* The inode behind a descriptor, or of the working directory. */
static int walk_nowhere(int fd, struct walk *walk) {
    const struct file *file = fd == AT_FDCWD ? NULL : fd_file(fd);

    if (file == NULL && fd != AT_FDCWD)
        return -EBADF;
    const struct inode *inode = file ? file->inode : working_directory();
    if (inode == NULL)
        return -EINVAL;
    *walk = (struct walk){.inode = *inode, .path = inode->path};
    return 0;
}

int walk_user(int directory, uaddr_t path, int at_flags, unsigned walk_flags, struct walk *walk) {
    const struct inode *start;
    const char *text;
    int error = path_from_user(path, PATH_FIRST, &text);

    if (error)
        return error;
    if (*text == 0 && at_flags & AT_EMPTY_PATH)
        return walk_nowhere(directory, walk);
    error = start_of(directory, text, &start);
    return error ? error : path_walk(start, text, walk_flags, walk);
}

int64_t sys_openat(int directory, uaddr_t path, int flags, uint32_t mode) {
    const struct inode *start;
    const char *text;
    int error = path_from_user(path, PATH_FIRST, &text);

    if (error == 0)
        error = start_of(directory, text, &start);
    if (error)
        return error;
    struct file *file = path_open(start, text, flags & ~O_LARGEFILE, mode, &error);
    return file ? install_new(file, flags & O_CLOEXEC) : error;
}

int64_t sys_open(uaddr_t path, int flags, uint32_t mode) {
    return sys_openat(AT_FDCWD, path, flags, mode);
}

int64_t sys_creat(uaddr_t path, uint32_t mode) {
    return sys_openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}
