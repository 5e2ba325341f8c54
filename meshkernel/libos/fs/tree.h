/* Trees of inodes in memory: what /tmp, /dev, /proc and the files over the image have in common.
 * They differ in what their regular files are (struct node_kind). */
#pragma once

#include "core/list.h"
#include "fs/file.h"
#include "fs/inode.h"

struct node;

struct node_kind {
    int (*open)(struct node *node, int flags, struct file **file);
    uint64_t (*size)(const struct node *node);         /* NULL: 0 */
    int (*truncate)(struct node *node, uint64_t size); /* NULL: nothing to do, as on a device */
    void (*free)(struct node *node);                   /* of `data`; NULL: nothing to do */
};

/* Of named pipes, if a library has them; without, none can be made. */
extern const struct node_kind *named_pipe_kind;

struct tree {
    uint32_t device;
    uint64_t magic;              /* of statfs */
    const struct inode_ops *ops; /* TREE_READING and more; NULL: the tree is read-only */
    uint64_t last_number;
    struct node *root;
};

struct node {
    struct tree *tree;
    const struct node_kind *kind; /* of a file or a device */
    uint64_t number;
    uint32_t mode;
    uint32_t links; /* names in directories; freed with the last of these and of the references */
    uint32_t references; /* open files, working directories */
    uint32_t rdev;
    uint32_t user, group;
    uint64_t accessed, modified, changed; /* nanoseconds since 1970 */
    void *data;             /* of the kind; the target of a symbolic link, ended with NUL */
    uint64_t size;          /* of the kind */
    struct list attributes; /* of struct attribute */

    /* Directories. */
    struct list entries; /* of struct entry, in order of their positions */
    uint64_t last_position;
    struct node *parent;         /* NULL: of the root, and of what was removed */
    const struct inode *lower;   /* the directory of the image that this one covers, or NULL */
    const struct inode *mounted; /* what a look-up of this node finds instead, or NULL */
};

/* The root of a new tree; panics when memory is used up, since it is made during start-up. */
void tree_init(struct tree *tree);
struct inode node_inode(const struct node *node);

/* A node without a name, with one reference; NULL when out of memory. */
struct node *node_new(struct tree *tree, uint32_t mode);
void node_put(struct node *node);

/* Gives the node a name; -ENOMEM, -EEXIST. */
int node_add(struct node *directory, const char *name, size_t length, struct node *node);
struct node *node_find(const struct node *directory, const char *name, size_t length);

/* For start-up: the node with this name (which may be a path below the directory), made with what
 * leads to it where it is missing; panics when out of memory. `mode` is of the last one. */
struct node *tree_make(struct node *directory, const char *path, uint32_t mode);
