/* What the system calls on files and paths share. */
#pragma once

#include "fs/descriptor.h"
#include "fs/path.h"
#include "linux/abi.h"
#include "linux/errno.h"

#define TRANSFER_MAX ((size_t)0x7ffff000) /* of one read or write, as on Linux */

/* A file that may be read, written, asked: NULL for a bad descriptor and for one opened with
 * O_PATH. */
static inline struct file *usable_file(int fd) {
    struct file *file = fd_file(fd);

    return file && (file->flags & O_PATH) == 0 ? file : NULL;
}

/* The descriptor for a new file, or why there is none; `file` NULL stands for out of memory. */
static inline int64_t install_new(struct file *file, bool close_on_exec) {
    if (file == NULL)
        return -ENOMEM;
    int fd = fd_install(file, 0, close_on_exec);
    if (fd < 0)
        file_put(file);
    return fd;
}

/* A path of the application in a buffer of ours, good until the same slot is used again; 0 or
 * -errno. */
enum path_slot { PATH_FIRST, PATH_SECOND, PATH_SLOTS };
int path_from_user(uaddr_t address, enum path_slot slot, const char **path);

/* Where a walk from `directory` starts: *start is NULL for the working directory. -EBADF, -ENOTDIR.
 */
int start_of(int directory, const char *path, const struct inode **start);

/* Walks a path of the application. With AT_EMPTY_PATH in `at_flags` an empty one is the descriptor
 * itself. */
int walk_user(int directory, uaddr_t path, int at_flags, unsigned walk_flags, struct walk *walk);

int stat_inode(const struct inode *inode, struct linux_stat *stat);
int stat_at(int directory, uaddr_t path, int flags, struct linux_stat *stat); /* as newfstatat */

/* Moves bytes between a file and a buffer, or several, of the application at a position, or at the
 * file's own offset, which then moves. The bytes moved, or -errno. May sleep. */
#define TRANSFER_HERE UINT64_MAX
int64_t transfer_one(int fd, uaddr_t buffer, size_t size, bool write, uint64_t position);
int64_t transfer_many(int fd, uaddr_t vectors, int count, bool write, uint64_t position);
