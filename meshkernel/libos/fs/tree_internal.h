/* What trees are made of, for those alone that give them operations. */
#pragma once

#include "fs/tree.h"

struct entry {
    struct list link;
    struct node *node;
    uint64_t position; /* grows with every name: a listing goes on where it stopped, whatever was
                          removed */
    uint16_t length;
    char name[];
};

struct entry *entry_find(const struct node *directory, const char *name, size_t length);
void entry_remove(struct node *directory, struct entry *entry);

static inline struct node *node_of(const struct inode *inode) {
    return (struct node *)inode->data;
}

static inline bool is_directory(const struct node *node) {
    return (node->mode & S_IFMT) == S_IFDIR;
}

int tree_lookup(const struct inode *directory, const char *name, size_t length,
                struct inode *found);
int tree_stat(const struct inode *inode, struct linux_stat *stat);
ssize_t tree_readlink(const struct inode *inode, char *to, size_t size);
void tree_list(const struct inode *directory, uint64_t *position, struct directory_sink *sink);
int tree_open(const struct inode *inode, int flags, struct file **file);
void tree_statistics(const struct inode *inode, struct fs_statistics *statistics);
void tree_get(const struct inode *inode);
void tree_put(const struct inode *inode);

/* The members of struct inode_ops that a tree has in any case. */
#define TREE_READING                                                                               \
    .lookup = tree_lookup, .stat = tree_stat, .readlink = tree_readlink, .list = tree_list,        \
    .open = tree_open, .statistics = tree_statistics, .get = tree_get, .put = tree_put
