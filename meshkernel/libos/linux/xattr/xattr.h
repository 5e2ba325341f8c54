/* What is done with the attributes of an inode. `name` is in our memory; values and lists are the
 * application's. 0, a size, or -errno. */
#pragma once

#include "fs/inode.h"
#include "mm/user.h"

#define XATTR_NAME_MAX 255u

int64_t attribute_set(const struct inode *inode, const char *name, uaddr_t value, size_t size,
                      int flags);
int64_t attribute_get(const struct inode *inode, const char *name, uaddr_t to, size_t size);
int64_t attribute_list(const struct inode *inode, uaddr_t to, size_t size);
int64_t attribute_remove(const struct inode *inode, const char *name);
