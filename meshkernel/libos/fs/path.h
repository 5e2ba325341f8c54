/* Paths: from text to inodes and open files. */
#pragma once

#include "fs/file.h"
#include "fs/inode.h"

/* How a walk treats the last component. */
#define WALK_NOFOLLOW 1u /* a symbolic link there is itself the result */
#define WALK_MISSING                                                                               \
    2u /* it may be missing in a directory that exists: walk->inode.ops is NULL then */

struct walk {
    struct inode inode;
    struct inode parent; /* the directory that `name` is in; ops is NULL where the path ends in "/",
                            "." or ".." */
    const char *name;    /* the last component, not ended by NUL; valid until the next walk */
    size_t name_length;
    const char *path;     /* absolute, without links; valid until the next walk */
    bool wants_directory; /* the text ended with a slash */
};

/* Walks from `start` (NULL: the working directory), which is ignored when the text is absolute. 0
 * or -errno; an empty text is -ENOENT. */
int path_walk(const struct inode *start, const char *text, unsigned flags, struct walk *walk);

/* Opens by path for the library OS itself or for open(); NULL with a negative error number in
 * *error. */
struct file *file_open(const char *path, int flags, int *error);
struct file *path_open(const struct inode *start, const char *path, int flags, uint32_t mode,
                       int *error);

/* A file for an inode that was found. */
struct file *inode_open(const struct inode *inode, const char *path, int flags, int *error);

/* The absolute path that a file was opened by, or NULL. */
const char *file_path(const struct file *file);

/* The working directory; its text is valid until it changes. */
const struct inode *working_directory(void);
int set_working_directory(const struct inode *inode, const char *path);
extern uint32_t file_creation_mask; /* umask */

#define AT_FDCWD (-100)
#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_REMOVEDIR 0x200
#define AT_SYMLINK_FOLLOW 0x400
#define AT_EMPTY_PATH 0x1000
