/* The operations of struct inode on the names of a volume. Each asks the server; nothing is
 * remembered, so what the host changes is seen. */
#include "core/clock.h"
#include "core/pages.h"
#include "core/string.h"
#include "fs/ninep/volume.h"
#include "linux/abi.h"
#include "linux/credentials.h"
#include "linux/errno.h"

#define RENAME_NOREPLACE 1u
#define V9FS_MAGIC 0x01021997

static struct node *node_of(const struct inode *inode) {
    return (struct node *)inode->data;
}

static int volume_lookup(const struct inode *directory, const char *name, size_t length,
                         struct inode *found) {
    struct node *node;

    if (is_trash(node_of(directory), name, length))
        return -ENOENT;
    int error = node_walk(node_of(directory), name, length, &node);
    if (error)
        return error;
    *found = volume_inode(node);
    node_release(node); /* it stays for as long as a walk needs it */
    return 0;
}

static struct linux_timespec timespec_of(uint64_t seconds, uint64_t nanos) {
    return (struct linux_timespec){(int64_t)seconds, (int64_t)(nanos % NANOS_PER_SECOND)};
}

static int volume_stat(const struct inode *inode, struct linux_stat *stat) {
    const struct node *node = object_attributes_node(node_of(inode));
    struct attributes attributes;
    int error = client_attributes(node, &attributes);

    if (error)
        return error;
    stat->mode = attributes.mode;
    stat->nlink = attributes.links - (node != node_of(inode)); /* the hidden name is none */
    stat->uid = attributes.user;
    stat->gid = attributes.group;
    stat->rdev = attributes.rdev;
    stat->size = (int64_t)attributes.size;
    stat->blksize = (int64_t)PAGE_SIZE;
    stat->blocks = (int64_t)attributes.blocks;
    stat->atime = timespec_of(attributes.access_seconds, attributes.access_nanos);
    stat->mtime = timespec_of(attributes.modified_seconds, attributes.modified_nanos);
    stat->ctime = timespec_of(attributes.changed_seconds, attributes.changed_nanos);
    return 0;
}

static ssize_t volume_readlink(const struct inode *link, char *to, size_t size) {
    return client_readlink(node_of(link), to, size);
}

static void volume_statistics(const struct inode *inode, struct fs_statistics *statistics) {
    (void)client_statistics(node_of(inode), statistics); /* what is not known stays 0 */
    statistics->magic = V9FS_MAGIC;
    statistics->read_only = node_of(inode)->volume->read_only;
}

static bool volume_is_read_only(const struct inode *inode) {
    return node_of(inode)->volume->read_only;
}

static void volume_get(const struct inode *inode) {
    node_hold(node_of(inode));
}

static void volume_put(const struct inode *inode) {
    node_release(node_of(inode));
}

static int check_change(const struct node *directory, const char *name, size_t length) {
    if (directory->volume->read_only)
        return -EROFS;
    return is_trash(directory, name, length) ? -EPERM : 0;
}

/* The server makes all files root's. */
static int make_ours(const struct node *created) {
    uint32_t user = credentials.users.effective, group = credentials.groups.effective;
    struct settings settings = {.valid = SET_USER | SET_GROUP, .user = user, .group = group};

    return user || group ? client_set(created, &settings) : 0;
}

static int volume_create(const struct inode *inode, const char *name, size_t length, uint32_t mode,
                         const char *target, struct inode *created) {
    struct node *directory = node_of(inode);
    int error = check_change(directory, name, length);

    if (error == 0 && length == 0)
        error = -ENOTSUP; /* a file without a name: 9P has none */
    if (error == 0 && (mode & S_IFMT) == S_IFIFO)
        error = -EPERM; /* its other end would be in this machine, and its name outlive it */
    if (error)
        return error;
    if (target)
        error = client_make_link(directory, name, length, target);
    else if ((mode & S_IFMT) == S_IFDIR)
        error = client_make_directory(directory, name, length, mode & 07777);
    else
        error = client_make_file(directory, name, length, mode);
    if (error == 0)
        error = volume_lookup(inode, name, length, created);
    return error ? error : make_ours(node_of(created));
}

static int volume_link(const struct inode *inode, const struct inode *directory, const char *name,
                       size_t length) {
    int error = check_change(node_of(directory), name, length);

    if (error == 0 && inode_type(inode) == S_IFDIR)
        error = -EPERM;
    return error ? error : client_link(node_of(inode), node_of(directory), name, length);
}

static int volume_unlink(const struct inode *inode, const char *name, size_t length,
                         bool is_directory) {
    struct node *directory = node_of(inode);
    struct object *orphaned = NULL;
    int error = check_change(directory, name, length);

    if (error == 0 && !is_directory)
        error = orphan_prepare(directory, name, length, &orphaned);
    if (error)
        return error;
    error = client_unlink(directory, name, length, is_directory);
    if (error)
        orphan_undo(directory->volume, orphaned);
    return error;
}

/* Whether two names lead to one file, and whether there is one at the second. */
static int compare(const struct node *from, const char *name, size_t length, const struct node *to,
                   const char *new_name, size_t new_length, bool *taken, bool *same) {
    struct node *source, *target;
    int error = node_walk(from, name, length, &source);

    if (error)
        return error;
    error = node_walk(to, new_name, new_length, &target);
    *taken = error == 0;
    *same = *taken && source->path == target->path;
    node_release(source);
    if (*taken)
        node_release(target);
    return error == -ENOENT ? 0 : error;
}

static int volume_rename(const struct inode *from, const char *name, size_t length,
                         const struct inode *to, const char *new_name, size_t new_length,
                         unsigned flags) {
    struct node *source = node_of(from), *target = node_of(to);
    struct object *orphaned = NULL;
    bool taken, same;
    int error = check_change(target, new_name, new_length);

    if (error == 0)
        error = compare(source, name, length, target, new_name, new_length, &taken, &same);
    if (error)
        return error;
    if (taken && flags & RENAME_NOREPLACE)
        return -EEXIST;
    if (same)
        return 0;
    if (taken)
        error = orphan_prepare(target, new_name, new_length, &orphaned);
    if (error)
        return error;
    error = client_rename(source, name, length, target, new_name, new_length);
    if (error)
        orphan_undo(source->volume, orphaned);
    return error;
}

static int volume_truncate(const struct inode *inode, uint64_t size) {
    struct node *node = node_of(inode);
    struct object *object = object_find(node->volume, node->path);
    struct settings settings = {.valid = SET_SIZE, .size = size};

    if (node->volume->read_only)
        return -EROFS;
    if (size > INT64_MAX)
        return -EFBIG;
    int error = client_set(object_attributes_node(node), &settings);
    if (error == 0 && object)
        object_truncated(object, size);
    return error;
}

static int volume_change_mode(const struct inode *inode, uint32_t permissions) {
    const struct node *node = object_attributes_node(node_of(inode));
    struct settings settings = {.valid = SET_MODE, .mode = node->type | permissions};

    return node->volume->read_only ? -EROFS : client_set(node, &settings);
}

static int change_owner(const struct node *node, uint32_t user, uint32_t group) {
    struct settings settings = {.user = user, .group = group};
    struct attributes attributes;
    int error = client_attributes(node, &attributes);

    if (error)
        return error;
    settings.valid |= user != UINT32_MAX ? SET_USER : 0;
    settings.valid |= group != UINT32_MAX ? SET_GROUP : 0;
    /* A program that runs as its owner must not become one of the new owner's. */
    if ((attributes.mode & S_IFMT) == S_IFREG) {
        settings.valid |= SET_MODE;
        settings.mode =
            attributes.mode & ~(attributes.mode & S_IXGRP ? S_ISUID | S_ISGID : S_ISUID);
    }
    return settings.valid ? client_set(node, &settings) : 0;
}

static int volume_change_owner(const struct inode *inode, uint32_t user, uint32_t group) {
    const struct node *node = object_attributes_node(node_of(inode));

    return node->volume->read_only ? -EROFS : change_owner(node, user, group);
}

static int volume_change_times(const struct inode *inode, const struct inode_times *times) {
    const struct node *node = object_attributes_node(node_of(inode));
    struct settings settings = {.access = times->access, .modified = times->modification};

    if (node->volume->read_only)
        return -EROFS;
    if (times->set_access)
        settings.valid |= SET_ACCESS | SET_ACCESS_VALUE;
    if (times->set_modification)
        settings.valid |= SET_MODIFIED | SET_MODIFIED_VALUE;
    return settings.valid ? client_set(node, &settings) : 0;
}

const struct inode_ops volume_ops = {
    .lookup = volume_lookup,
    .stat = volume_stat,
    .readlink = volume_readlink,
    .open = volume_open,
    .open_directory = volume_open_directory,
    .statistics = volume_statistics,
    .is_read_only = volume_is_read_only,
    .get = volume_get,
    .put = volume_put,
    .create = volume_create,
    .link = volume_link,
    .unlink = volume_unlink,
    .rename = volume_rename,
    .truncate = volume_truncate,
    .change_mode = volume_change_mode,
    .change_owner = volume_change_owner,
    .change_times = volume_change_times,
};
