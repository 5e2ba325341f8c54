/* The operations of struct inode that read nodes in memory. */
#include "core/pages.h"
#include "core/string.h"
#include "fs/tree_internal.h"
#include "linux/abi.h"
#include "linux/errno.h"

/* Positions of the image's entries in a directory that covers one of the image's. */
#define LOWER_POSITIONS (UINT64_C(1) << 32)

static const struct inode_ops tree_ops;

struct inode node_inode(const struct node *node) {
    return (struct inode){.ops = node->tree->ops ? node->tree->ops : &tree_ops,
                          .number = node->number,
                          .device = node->tree->device,
                          .mode = node->mode,
                          .data = node};
}

int tree_lookup(const struct inode *directory, const char *name, size_t length,
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

int tree_stat(const struct inode *inode, struct linux_stat *stat) {
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

ssize_t tree_readlink(const struct inode *inode, char *to, size_t size) {
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

void tree_list(const struct inode *directory, uint64_t *position, struct directory_sink *sink) {
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

int tree_open(const struct inode *inode, int flags, struct file **file) {
    struct node *node = node_of(inode);

    return node->kind && node->kind->open ? node->kind->open(node, flags, file) : -ENXIO;
}

void tree_statistics(const struct inode *inode, struct fs_statistics *statistics) {
    const struct tree *tree = node_of(inode)->tree;

    statistics->magic = tree->magic;
    statistics->read_only = tree->ops == NULL;
    if (tree->ops) {
        statistics->blocks = pages_total() / 2;
        statistics->free_blocks = MIN(statistics->blocks, (uint64_t)pages_available());
    }
}

void tree_get(const struct inode *inode) {
    node_of(inode)->references++;
}

void tree_put(const struct inode *inode) {
    node_put(node_of(inode));
}

static const struct inode_ops tree_ops = {TREE_READING};
