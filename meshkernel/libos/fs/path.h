/* Paths: from text to inodes and open files. */
#pragma once

#include "fs/file.h"
#include "fs/inode.h"

/* How a walk treats the last component. */
#define WALK_NOFOLLOW 1u /* a symbolic link there is itself the result */
#define WALK_PARENT 2u   /* stop before it: it may not exist */

struct walk {
    struct inode inode; /* of the path, or of its directory with WALK_PARENT */
    const char *path;   /* absolute, without links; valid until the next walk */
    size_t path_length;
    const char *name; /* with WALK_PARENT: the last component, not ended by NUL; in the text that was walked */
    size_t name_length;
    bool wants_directory; /* the text ended with a slash */
};

/* Walks from `start` (NULL: the working directory), 0 or -errno. */
int path_walk(const struct inode *start, const char *text, unsigned flags, struct walk *walk);

/* Opens by path for the library OS itself or for open(); NULL with a negative error number in *error. */
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
