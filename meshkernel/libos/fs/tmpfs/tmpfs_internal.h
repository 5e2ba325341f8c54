/* Shared by tmpfs.c (what files are) and tmpfs_inode.c (names, owners, times). */
#pragma once

#include "fs/inode.h"
#include "fs/tree.h"

extern const struct node_kind tmpfs_kind;
extern const struct inode_ops tmpfs_inode_ops;
