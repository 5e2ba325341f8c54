/* What is where. */
#pragma once

#include "fs/inode.h"

struct node;
struct tree;

/* The root: a tree of the files and directories that cover the image's. */
const struct inode *root_inode(void);
struct tree *root_tree(void);

/* Mounts a file system at an absolute path, which is made where it is missing; start-up only.
 * `type` is what /proc/mounts calls it. */
void fs_mount(const char *path, const char *type, struct inode root);

/* Puts a read-only file over the image's own; start-up only. The bytes must stay. */
struct node *overlay_add(const char *path, const char *bytes, size_t size);
void overlay_init(void); /* the files of the boot configuration, and those that follow from it */
void overlay_continue(void); /* those of another configuration */

/* One line for each mount, for /proc/mounts: false behind the last. */
bool mount_describe(size_t index, const char **path, const char **type, bool *read_only);
