/* The operations of struct inode that change files in memory, their names, and what is known of
 * them. */
#include "core/alloc.h"
#include "core/clock.h"
#include "core/string.h"
#include "fs/tmpfs/tmpfs_internal.h"
#include "fs/tree_internal.h"
#include "linux/abi.h"
#include "linux/errno.h"

#define RENAME_NOREPLACE 1u

static int check_change(const struct node *directory, const char *name, size_t length) {
    if (length > NAME_MAX)
        return -ENAMETOOLONG;
    if (directory->parent == NULL && directory != directory->tree->root)
        return -ENOENT; /* it was removed and is only still open */
    return length > 0 && entry_find(directory, name, length) ? -EEXIST : 0;
}

/* In a directory with the set-group-ID bit everything is of its group, and such a directory too. */
static void inherit_group(struct node *node, const struct node *directory) {
    if (!(directory->mode & S_ISGID))
        return;
    node->group = directory->group;
    if (is_directory(node))
        node->mode |= S_ISGID;
}

static int set_target(struct node *node, const char *target) {
    node->size = strlen(target);
    node->data = kstrndup(target, node->size);
    return node->data ? 0 : -ENOMEM;
}

static int tmpfs_create(const struct inode *inode, const char *name, size_t length, uint32_t mode,
                        const char *target, struct inode *created) {
    struct node *directory = node_of(inode);
    int error = check_change(directory, name, length);

    if (error)
        return error;
    if ((mode & S_IFMT) == S_IFIFO && named_pipe_kind == NULL)
        return -EPERM;
    struct node *node = node_new(directory->tree, mode);
    if (node == NULL)
        return -ENOMEM;
    inherit_group(node, directory);
    if ((mode & S_IFMT) == S_IFREG)
        node->kind = &tmpfs_kind;
    if ((mode & S_IFMT) == S_IFIFO)
        node->kind = named_pipe_kind;
    if (target)
        error = set_target(node, target);
    if (error == 0 && length > 0)
        error = node_add(directory, name, length, node);
    if (error == 0)
        *created = node_inode(node);
    if (error || length > 0)
        node_put(node);
    return error;
}

static int tmpfs_link(const struct inode *inode, const struct inode *directory, const char *name,
                      size_t length) {
    if (inode->ops != directory->ops || inode->device != directory->device)
        return -EXDEV;
    if (is_directory(node_of(inode)))
        return -EPERM;
    int error = check_change(node_of(directory), name, length);
    return error ? error : node_add(node_of(directory), name, length, node_of(inode));
}

static int check_removal(const struct node *node, bool directory) {
    if (node->mounted)
        return -EBUSY;
    if (directory && !is_directory(node))
        return -ENOTDIR;
    if (!directory && is_directory(node))
        return -EISDIR;
    return directory && !list_empty(&node->entries) ? -ENOTEMPTY : 0;
}

static int tmpfs_unlink(const struct inode *inode, const char *name, size_t length,
                        bool directory) {
    struct node *parent = node_of(inode);
    struct entry *entry = entry_find(parent, name, length);

    if (entry == NULL)
        return -ENOENT;
    int error = check_removal(entry->node, directory);
    if (error == 0)
        entry_remove(parent, entry);
    return error;
}

static bool is_within(const struct node *node, const struct node *ancestor) {
    for (; node; node = node->parent)
        if (node == ancestor)
            return true;
    return false;
}

/* Gives the name that is there to another node. Allocates nothing, so it leaves nothing half done.
 */
static void replace(struct node *directory, struct entry *entry, struct node *node) {
    struct node *old = entry->node;

    entry->node = node;
    node->links++;
    directory->modified = directory->changed = clock_realtime();
    old->references++;
    old->links--;
    old->parent = NULL;
    old->changed = directory->changed;
    node_put(old);
}

static int tmpfs_rename(const struct inode *from, const char *name, size_t length,
                        const struct inode *to, const char *new_name, size_t new_length,
                        unsigned flags) {
    struct node *source = node_of(from), *target = node_of(to);

    if (from->ops != to->ops || from->device != to->device)
        return -EXDEV;
    struct entry *entry = entry_find(source, name, length);
    struct entry *old = entry_find(target, new_name, new_length);
    if (entry == NULL)
        return -ENOENT;
    struct node *moved = entry->node;
    if (old && old->node == moved)
        return flags & RENAME_NOREPLACE ? -EEXIST : 0;
    if (moved->mounted)
        return -EBUSY;
    if (is_directory(moved) && is_within(target, moved))
        return -EINVAL;
    int error = check_change(target, old ? "" : new_name, old ? 0 : new_length);
    if (error)
        return error;
    if (old && flags & RENAME_NOREPLACE)
        return -EEXIST;
    error = old ? check_removal(old->node, is_directory(moved))
                : node_add(target, new_name, new_length, moved);
    if (error)
        return error;
    if (old)
        replace(target, old, moved);
    entry_remove(source, entry);
    if (is_directory(moved))
        moved->parent = target;
    return 0;
}

static int tmpfs_truncate(const struct inode *inode, uint64_t size) {
    struct node *node = node_of(inode);

    return node->kind && node->kind->truncate ? node->kind->truncate(node, size) : 0;
}

static int tmpfs_change_mode(const struct inode *inode, uint32_t permissions) {
    struct node *node = node_of(inode);

    node->mode = (node->mode & S_IFMT) | permissions;
    node->changed = clock_realtime();
    return 0;
}

static int tmpfs_change_owner(const struct inode *inode, uint32_t user, uint32_t group) {
    struct node *node = node_of(inode);

    if (user != UINT32_MAX)
        node->user = user;
    if (group != UINT32_MAX)
        node->group = group;
    /* A program that runs as its owner must not become one of the new owner's. */
    if ((node->mode & S_IFMT) == S_IFREG)
        node->mode &= node->mode & S_IXGRP ? ~(S_ISUID | S_ISGID) : ~S_ISUID;
    node->changed = clock_realtime();
    return 0;
}

static int tmpfs_attributes(const struct inode *inode, bool change, struct list **list) {
    struct node *node = node_of(inode);

    if (change)
        node->changed = clock_realtime();
    *list = &node->attributes;
    return 0;
}

static int tmpfs_change_times(const struct inode *inode, const struct inode_times *times) {
    struct node *node = node_of(inode);

    if (times->set_access)
        node->accessed = times->access;
    if (times->set_modification)
        node->modified = times->modification;
    node->changed = clock_realtime();
    return 0;
}

const struct inode_ops tmpfs_inode_ops = {
    TREE_READING,
    .create = tmpfs_create,
    .link = tmpfs_link,
    .unlink = tmpfs_unlink,
    .rename = tmpfs_rename,
    .truncate = tmpfs_truncate,
    .change_mode = tmpfs_change_mode,
    .change_owner = tmpfs_change_owner,
    .attributes = tmpfs_attributes,
    .change_times = tmpfs_change_times,
};
