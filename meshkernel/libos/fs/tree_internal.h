/* Shared by tree.c and tree_inode.c alone. */
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
