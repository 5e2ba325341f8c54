/* Names: unlink, rename, links. */
#include "core/string.h"
#include "linux/files.h"

int64_t sys_unlinkat(int directory, uaddr_t path, int flags) {
    struct walk walk;
    bool is_directory = flags & AT_REMOVEDIR;

    if (flags & ~AT_REMOVEDIR)
        return -EINVAL;
    int error = walk_user(directory, path, 0, WALK_NOFOLLOW, &walk);
    if (error)
        return error;
    if (walk.parent.ops == NULL)
        return is_directory ? walk.name_length == 1 ? -EINVAL : -EBUSY : -EISDIR;
    if (walk.parent.ops->unlink == NULL)
        return -EROFS;
    return walk.parent.ops->unlink(&walk.parent, walk.name, walk.name_length, is_directory);
}

int64_t sys_unlink(uaddr_t path) {
    return sys_unlinkat(AT_FDCWD, path, 0);
}

int64_t sys_rmdir(uaddr_t path) {
    return sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

/* A place for a new name; its text is copied, since the next walk overwrites it. */
struct place {
    struct inode directory;
    char name[NAME_MAX];
    size_t length;
    bool taken;
    bool wants_directory;
    struct inode inode; /* when it is taken */
};

/* A place holds its directory: the walk to another one may be a long one. */
static void place_hold(const struct place *place) {
    if (place->directory.ops->get)
        place->directory.ops->get(&place->directory);
}

static void place_release(const struct place *place) {
    if (place->directory.ops->put)
        place->directory.ops->put(&place->directory);
}

static int find_place(int directory, uaddr_t path, enum path_slot slot, struct place *place) {
    const struct inode *start;
    const char *text;
    struct walk walk;
    int error = path_from_user(path, slot, &text);

    if (error == 0)
        error = start_of(directory, text, &start);
    if (error == 0)
        error = path_walk(start, text, WALK_NOFOLLOW | WALK_MISSING, &walk);
    if (error)
        return error;
    if (walk.parent.ops == NULL)
        return -EBUSY; /* the root, "." or ".." */
    place->directory = walk.parent;
    place->length = walk.name_length;
    memcpy(place->name, walk.name, walk.name_length);
    place->taken = walk.inode.ops != NULL;
    place->inode = walk.inode;
    place->wants_directory = walk.wants_directory;
    return 0;
}

#define RENAME_NOREPLACE 1u

static int64_t rename_places(const struct place *source, const struct place *target,
                             unsigned flags) {
    if (target->wants_directory && inode_type(&source->inode) != S_IFDIR)
        return -ENOTDIR;
    if (source->directory.device != target->directory.device)
        return -EXDEV;
    if (source->directory.ops->rename == NULL)
        return -EROFS;
    return source->directory.ops->rename(&source->directory, source->name, source->length,
                                         &target->directory, target->name, target->length, flags);
}

int64_t sys_renameat2(int from, uaddr_t old, int to, uaddr_t new, unsigned flags) {
    struct place source, target;

    if (flags & ~RENAME_NOREPLACE)
        return -EINVAL;
    int64_t error = find_place(from, old, PATH_FIRST, &source);
    if (error)
        return error;
    if (!source.taken)
        return -ENOENT;
    place_hold(&source);
    error = find_place(to, new, PATH_SECOND, &target);
    if (error == 0)
        error = rename_places(&source, &target, flags);
    place_release(&source);
    return error;
}

int64_t sys_renameat(int from, uaddr_t old, int to, uaddr_t new) {
    return sys_renameat2(from, old, to, new, 0);
}

int64_t sys_rename(uaddr_t old, uaddr_t new) {
    return sys_renameat2(AT_FDCWD, old, AT_FDCWD, new, 0);
}

int64_t sys_symlinkat(uaddr_t target, int directory, uaddr_t path) {
    struct place place;
    struct inode created;
    const char *text;
    int error = find_place(directory, path, PATH_FIRST, &place);

    if (error == 0)
        error = path_from_user(target, PATH_SECOND, &text);
    if (error)
        return error;
    if (*text == 0)
        return -ENOENT;
    if (place.taken)
        return -EEXIST;
    if (place.directory.ops->create == NULL)
        return -EROFS;
    return place.directory.ops->create(&place.directory, place.name, place.length, S_IFLNK | 0777,
                                       text, &created);
}

int64_t sys_symlink(uaddr_t target, uaddr_t path) {
    return sys_symlinkat(target, AT_FDCWD, path);
}

static int64_t link_to(const struct inode *inode, const struct place *place) {
    if (place->taken)
        return -EEXIST;
    if (inode->device != place->directory.device)
        return -EXDEV;
    if (inode->ops->link == NULL)
        return -EROFS;
    return inode->ops->link(inode, &place->directory, place->name, place->length);
}

int64_t sys_linkat(int from, uaddr_t old, int to, uaddr_t new, int flags) {
    struct place place;
    struct walk walk;

    if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    int64_t error = find_place(to, new, PATH_SECOND, &place);
    if (error)
        return error;
    place_hold(&place);
    error = walk_user(from, old, flags, flags & AT_SYMLINK_FOLLOW ? 0 : WALK_NOFOLLOW, &walk);
    if (error == 0)
        error = link_to(&walk.inode, &place);
    place_release(&place);
    return error;
}

int64_t sys_link(uaddr_t old, uaddr_t new) {
    return sys_linkat(AT_FDCWD, old, AT_FDCWD, new, 0);
}
