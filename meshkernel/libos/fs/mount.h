/* What is where. */
#pragma once

#include "fs/inode.h"

struct tree;

/* The root: a tree of the files and directories that cover the image's. */
const struct inode *root_inode(void);
struct tree *root_tree(void);

/* Mounts a file system at an absolute path, which is made where it is missing; start-up only.
 * `type` is what /proc/mounts calls it. */
void fs_mount(const char *path, const char *type, struct inode root);

/* Puts a read-only file over the image's own; start-up only. The contents must stay. */
void overlay_add(const char *path, const char *contents, size_t size);
void overlay_init(void);
void overlay_continue(void);
/* those of another configuration */ /* the files of the boot configuration and those generated
                                        from it */

/* One line for each mount, for /proc/mounts: false behind the last. */
bool mount_describe(size_t index, const char **path, const char **type, bool *read_only);
