/* Inodes: what a path names. One is a small value that is copied freely: a look-up in the image
 * allocates nothing. A walk never sleeps, so it needs no references; only what stays takes one
 * (`get`): an open file, the working directory. */
#pragma once

#include "core/types.h"

struct file;
struct inode;
struct list;
struct linux_stat;

#define S_IFMT 0170000u
#define S_IFSOCK 0140000u
#define S_IFLNK 0120000u
#define S_IFREG 0100000u
#define S_IFBLK 0060000u
#define S_IFDIR 0040000u
#define S_IFCHR 0020000u
#define S_IFIFO 0010000u
#define S_ISUID 04000u
#define S_ISGID 02000u
#define S_IXGRP 00010u

#define NAME_MAX 255u
#define PATH_MAX 4096u

/* linux_dirent64's d_type is the file type of the mode shifted right by this. */
#define DIRENT_TYPE_SHIFT 12

/* One entry of a directory; false: there is no room for it, stop. */
struct directory_sink {
    bool (*add)(struct directory_sink *sink, const char *name, size_t length, uint64_t number,
                uint32_t mode, uint64_t next_position);
};

struct inode_times {
    bool set_access, set_modification;
    uint64_t access, modification; /* nanoseconds since 1970 */
};

struct fs_statistics {
    uint64_t magic, block_size, blocks, free_blocks, files, free_files;
    bool read_only;
};

/* All return 0 or -errno. Names have no NUL; "." and ".." never arrive here. Operations that change
 * something are NULL in a read-only file system: -EROFS. */
struct inode_ops {
    int (*lookup)(const struct inode *directory, const char *name, size_t length,
                  struct inode *found);
    int (*stat)(const struct inode *inode, struct linux_stat *stat);
    /* Bytes of the target written to `to`, cut to `size`. */
    ssize_t (*readlink)(const struct inode *inode, char *to, size_t size);
    /* A link that leads to an inode and not to a path (/proc/self/fd/N): NULL, or -ENOENT to go by
     * its text. */
    int (*jump)(const struct inode *link, struct inode *target);
    /* Entries from *position on; advances it behind the last one that was added. Positions below 2
     * belong to
     * "." and "..". */
    void (*list)(const struct inode *directory, uint64_t *position, struct directory_sink *sink);
    /* A new file for a regular file or a device; `flags` has been checked against the type. */
    int (*open)(const struct inode *inode, int flags, struct file **file);
    /* The same for a directory; NULL: there is nothing to open, `list` does. */
    int (*open_directory)(const struct inode *inode, int flags, struct file **file);
    bool (*is_read_only)(const struct inode *inode); /* NULL: as `statistics` has it */
    void (*statistics)(const struct inode *inode, struct fs_statistics *statistics);
    void (*get)(const struct inode *inode); /* NULL: nothing is counted */
    void (*put)(const struct inode *inode);

    /* Regular file, directory, or (symlink) a link to `target`; length 0 is a file without a name,
     * which comes with a reference for the caller to put. */
    int (*create)(const struct inode *directory, const char *name, size_t length, uint32_t mode,
                  const char *target, struct inode *created);
    int (*link)(const struct inode *inode, const struct inode *directory, const char *name,
                size_t length);
    int (*unlink)(const struct inode *directory, const char *name, size_t length,
                  bool is_directory);
    int (*rename)(const struct inode *from, const char *name, size_t length, const struct inode *to,
                  const char *new_name, size_t new_length, unsigned flags);
    int (*truncate)(const struct inode *inode, uint64_t size);
    int (*change_mode)(const struct inode *inode, uint32_t permissions);
    /* UINT32_MAX leaves one as it is. NULL: accepted and forgotten, unless it is read-only. */
    int (*change_owner)(const struct inode *inode, uint32_t user, uint32_t group);
    /* The list of struct attribute, to be read or (`change`) changed; NULL: there are none. */
    int (*attributes)(const struct inode *inode, bool change, struct list **list);
    int (*change_times)(const struct inode *inode, const struct inode_times *times);
};

struct inode {
    const struct inode_ops *ops;
    uint64_t number; /* st_ino */
    uint32_t device; /* st_dev */
    uint32_t mode;
    const void *data; /* of the ops */
    const char *path; /* absolute; only of an open file's inode and of the working directory */
};

/* A copy that stays, with a reference and its path; NULL when out of memory. */
struct inode *inode_keep(const struct inode *inode, const char *path);
void inode_release(struct inode *inode); /* NULL is fine */

/* Nothing in its file system can be changed. */
bool inode_is_read_only(const struct inode *inode);

static inline uint32_t inode_type(const struct inode *inode) {
    return inode->mode & S_IFMT;
}

static inline bool inode_same(const struct inode *a, const struct inode *b) {
    return a->device == b->device && a->number == b->number;
}
