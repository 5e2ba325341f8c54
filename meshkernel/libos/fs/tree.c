#include "fs/tree.h"

#include "core/alloc.h"
#include "core/clock.h"
#include "core/print.h"
#include "core/string.h"
#include "fs/attribute.h"
#include "fs/tree_internal.h"
#include "linux/credentials.h"
#include "linux/errno.h"

const struct node_kind *named_pipe_kind;

struct node *node_new(struct tree *tree, uint32_t mode) {
    struct node *node = knew(struct node);

    if (node == NULL)
        return NULL;
    node->tree = tree;
    node->number = ++tree->last_number;
    node->mode = mode;
    node->user = credentials.users.effective;
    node->group = credentials.groups.effective;
    node->references = 1;
    node->accessed = node->modified = node->changed = clock_realtime();
    list_init(&node->entries);
    list_init(&node->attributes);
    return node;
}

static void free_attributes(struct node *node) {
    while (!list_empty(&node->attributes)) {
        struct attribute *attribute = LIST_FIRST(&node->attributes, struct attribute, link);

        list_remove(&attribute->link);
        kfree(attribute);
    }
}

static void free_if_unused(struct node *node) {
    if (node->links > 0 || node->references > 0)
        return;
    if (node->kind && node->kind->free)
        node->kind->free(node);
    if ((node->mode & S_IFMT) == S_IFLNK)
        kfree(node->data);
    free_attributes(node);
    kfree(node);
}

void node_put(struct node *node) {
    assert(node->references > 0);
    node->references--;
    free_if_unused(node);
}

struct entry *entry_find(const struct node *directory, const char *name, size_t length) {
    LIST_FOR_EACH(link, &directory->entries) {
        struct entry *entry = LIST_ENTRY(link, struct entry, link);

        if (entry->length == length && memcmp(entry->name, name, length) == 0)
            return entry;
    }
    return NULL;
}

struct node *node_find(const struct node *directory, const char *name, size_t length) {
    struct entry *entry = entry_find(directory, name, length);

    return entry ? entry->node : NULL;
}

int node_add(struct node *directory, const char *name, size_t length, struct node *node) {
    if (entry_find(directory, name, length))
        return -EEXIST;
    struct entry *entry = kmalloc(sizeof(*entry) + length);
    if (entry == NULL)
        return -ENOMEM;
    entry->node = node;
    entry->length = (uint16_t)length;
    entry->position = ++directory->last_position;
    memcpy(entry->name, name, length);
    list_append(&directory->entries, &entry->link);
    node->links++;
    if ((node->mode & S_IFMT) == S_IFDIR)
        node->parent = directory;
    directory->modified = directory->changed = node->changed = clock_realtime();
    return 0;
}

void entry_remove(struct node *directory, struct entry *entry) {
    struct node *node = entry->node;

    list_remove(&entry->link);
    kfree(entry);
    directory->modified = directory->changed = node->changed = clock_realtime();
    node->links--;
    if ((node->mode & S_IFMT) == S_IFDIR)
        node->parent = NULL;
    free_if_unused(node);
}

void tree_init(struct tree *tree) {
    tree->root = node_new(tree, S_IFDIR | 0755);
    if (tree->root == NULL)
        panic("there is no memory for the file systems");
}

/* The image's directory of this name below one that covers the image. */
static const struct inode *lower_of(const struct node *directory, const char *name, size_t length) {
    struct inode found;

    if (directory->lower == NULL ||
        directory->lower->ops->lookup(directory->lower, name, length, &found) ||
        inode_type(&found) != S_IFDIR)
        return NULL;
    return inode_keep(&found, "");
}

static struct node *make_one(struct node *directory, const char *name, size_t length,
                             uint32_t mode) {
    struct node *node = node_new(directory->tree, mode);

    if (node == NULL || node_add(directory, name, length, node))
        panic("there is no memory for the file systems");
    if ((mode & S_IFMT) == S_IFDIR)
        node->lower = lower_of(directory, name, length);
    if (node->lower) {
        node->number = node->lower->number;
        node->mode = node->lower->mode;
    }
    return node;
}

struct node *tree_make(struct node *directory, const char *path, uint32_t mode) {
    struct node *node = directory;

    while (*path) {
        const char *end = path;

        while (*end && *end != '/')
            end++;
        size_t length = (size_t)(end - path);
        if (length > 0) {
            directory = node;
            node = node_find(directory, path, length);
            if (node == NULL)
                node = make_one(directory, path, length, *end ? S_IFDIR | 0755 : mode);
        }
        path = *end ? end + 1 : end;
    }
    return node;
}
