/* The operations of struct inode on nodes in memory. */
#include "core/alloc.h"
#include "core/clock.h"
#include "core/pages.h"
#include "core/string.h"
#include "fs/tree_internal.h"
#include "linux/abi.h"
#include "linux/errno.h"

#define RENAME_NOREPLACE 1u

/* Positions of the image's entries in a directory that covers one of the image's. */
#define LOWER_POSITIONS (UINT64_C(1) << 32)

static const struct inode_ops tree_ops;

static struct node *node_of(const struct inode *inode) {
    return (struct node *)inode->data;
}

static bool is_directory(const struct node *node) {
    return (node->mode & S_IFMT) == S_IFDIR;
}

struct inode node_inode(const struct node *node) {
    return (struct inode){.ops = &tree_ops,
                          .number = node->number,
                          .device = node->tree->device,
                          .mode = node->mode,
                          .data = node};
}

static int tree_lookup(const struct inode *directory, const char *name, size_t length,
                       struct inode *found) {
    const struct node *parent = node_of(directory);
    const struct node *node = node_find(parent, name, length);

    if (node) {
        *found = node->mounted ? *node->mounted : node_inode(node);
        return 0;
    }
    if (parent->lower)
        return parent->lower->ops->lookup(parent->lower, name, length, found);
    return -ENOENT;
}

static struct linux_timespec timespec_of(uint64_t nanoseconds) {
    return (struct linux_timespec){(int64_t)(nanoseconds / NANOS_PER_SECOND),
                                   (int64_t)(nanoseconds % NANOS_PER_SECOND)};
}

static uint64_t size_of(const struct node *node) {
    if (is_directory(node))
        return PAGE_SIZE;
    if ((node->mode & S_IFMT) == S_IFLNK)
        return node->size;
    return node->kind && node->kind->size ? node->kind->size(node) : 0;
}

static uint32_t links_of(const struct node *node) {
    uint32_t links = 2;

    if (!is_directory(node))
        return node->links;
    LIST_FOR_EACH(link, &node->entries)
    links += is_directory(LIST_ENTRY(link, struct entry, link)->node);
    return links;
}

static int tree_stat(const struct inode *inode, struct linux_stat *stat) {
    const struct node *node = node_of(inode);

    stat->mode = node->mode; /* the inode of an open file is older than a chmod */
    stat->nlink = links_of(node);
    stat->uid = node->user;
    stat->gid = node->group;
    stat->rdev = node->rdev;
    stat->size = (int64_t)size_of(node);
    stat->blksize = PAGE_SIZE;
    stat->blocks = (stat->size + 511) / 512;
    stat->atime = timespec_of(node->accessed);
    stat->mtime = timespec_of(node->modified);
    stat->ctime = timespec_of(node->changed);
    return 0;
}

static ssize_t tree_readlink(const struct inode *inode, char *to, size_t size) {
    const struct node *node = node_of(inode);
    size_t length = MIN(size, node->size);

    memcpy(to, node->data, length);
    return (ssize_t)length;
}

/* Passes on what the covered directory has, but for names that are covered. */
struct lower_sink {
    struct directory_sink sink;
    struct directory_sink *outer;
    const struct node *directory;
};

static bool add_lower(struct directory_sink *sink, const char *name, size_t length, uint64_t number,
                      uint32_t mode, uint64_t next_position) {
    struct lower_sink *lower = CONTAINER_OF(sink, struct lower_sink, sink);

    return entry_find(lower->directory, name, length) ||
           lower->outer->add(lower->outer, name, length, number, mode,
                             LOWER_POSITIONS + next_position);
}

static void list_lower(const struct node *node, uint64_t *position, struct directory_sink *sink) {
    struct lower_sink lower = {{add_lower}, sink, node};
    uint64_t inner = *position - LOWER_POSITIONS;

    node->lower->ops->list(node->lower, &inner, &lower.sink);
    *position = LOWER_POSITIONS + inner;
}

static void tree_list(const struct inode *directory, uint64_t *position,
                      struct directory_sink *sink) {
    const struct node *node = node_of(directory);

    LIST_FOR_EACH(link, &node->entries) {
        const struct entry *entry = LIST_ENTRY(link, struct entry, link);
        const struct inode *mounted = entry->node->mounted;

        if (entry->position + 1 < *position)
            continue;
        if (!sink->add(sink, entry->name, entry->length,
                       mounted ? mounted->number : entry->node->number, entry->node->mode,
                       entry->position + 2))
            return;
        *position = entry->position + 2;
    }
    if (node->lower == NULL)
        return;
    *position = MAX(*position, LOWER_POSITIONS + 2);
    list_lower(node, position, sink);
}

static int tree_open(const struct inode *inode, int flags, struct file **file) {
    struct node *node = node_of(inode);

    return node->kind && node->kind->open ? node->kind->open(node, flags, file) : -ENXIO;
}

static void tree_statistics(const struct inode *inode, struct fs_statistics *statistics) {
    const struct tree *tree = node_of(inode)->tree;

    statistics->magic = tree->magic;
    statistics->read_only = tree->files == NULL;
    if (tree->files) {
        statistics->blocks = pages_total() / 2;
        statistics->free_blocks = MIN(statistics->blocks, (uint64_t)pages_available());
    }
}

static void tree_get(const struct inode *inode) {
    node_of(inode)->references++;
}

static void tree_put(const struct inode *inode) {
    node_put(node_of(inode));
}

static int check_change(const struct node *directory, const char *name, size_t length) {
    if (directory->tree->files == NULL)
        return -EROFS;
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

static int tree_create(const struct inode *inode, const char *name, size_t length, uint32_t mode,
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
        node->kind = directory->tree->files;
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

static int tree_link(const struct inode *inode, const struct inode *directory, const char *name,
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

static int tree_unlink(const struct inode *inode, const char *name, size_t length, bool directory) {
    struct node *parent = node_of(inode);
    struct entry *entry = entry_find(parent, name, length);

    if (parent->tree->files == NULL)
        return -EROFS;
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

static int tree_rename(const struct inode *from, const char *name, size_t length,
                       const struct inode *to, const char *new_name, size_t new_length,
                       unsigned flags) {
    struct node *source = node_of(from), *target = node_of(to);

    if (from->ops != to->ops || from->device != to->device)
        return -EXDEV;
    if (source->tree->files == NULL)
        return -EROFS;
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

static int tree_truncate(const struct inode *inode, uint64_t size) {
    struct node *node = node_of(inode);

    return node->kind && node->kind->truncate ? node->kind->truncate(node, size) : 0;
}

static int tree_change_mode(const struct inode *inode, uint32_t permissions) {
    struct node *node = node_of(inode);

    if (node->tree->files == NULL)
        return -EROFS;
    node->mode = (node->mode & S_IFMT) | permissions;
    node->changed = clock_realtime();
    return 0;
}

static int tree_change_owner(const struct inode *inode, uint32_t user, uint32_t group) {
    struct node *node = node_of(inode);

    if (node->tree->files == NULL)
        return -EROFS;
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

static int tree_attributes(const struct inode *inode, bool change, struct list **list) {
    struct node *node = node_of(inode);

    if (node->tree->files == NULL)
        return change ? -EROFS : -EOPNOTSUPP;
    if (change)
        node->changed = clock_realtime();
    *list = &node->attributes;
    return 0;
}

static int tree_change_times(const struct inode *inode, const struct inode_times *times) {
    struct node *node = node_of(inode);

    if (node->tree->files == NULL)
        return -EROFS;
    if (times->set_access)
        node->accessed = times->access;
    if (times->set_modification)
        node->modified = times->modification;
    node->changed = clock_realtime();
    return 0;
}

static const struct inode_ops tree_ops = {
    .lookup = tree_lookup,
    .stat = tree_stat,
    .readlink = tree_readlink,
    .list = tree_list,
    .open = tree_open,
    .statistics = tree_statistics,
    .get = tree_get,
    .put = tree_put,
    .create = tree_create,
    .link = tree_link,
    .unlink = tree_unlink,
    .rename = tree_rename,
    .truncate = tree_truncate,
    .change_mode = tree_change_mode,
    .change_owner = tree_change_owner,
    .attributes = tree_attributes,
    .change_times = tree_change_times,
};
