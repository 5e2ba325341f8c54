/* The calls: each by path, by path without following a link, and by descriptor. */
#include "linux/files.h"
#include "linux/xattr/xattr.h"

static char name[XATTR_NAME_MAX + 1];

static int name_from_user(uaddr_t address) {
    ssize_t length = string_from_user(name, address, sizeof(name));

    if (length == -ENAMETOOLONG || length == 0)
        return -ERANGE;
    return length < 0 ? (int)length : 0;
}

static int find(uaddr_t path, unsigned flags, struct walk *walk) {
    return walk_user(AT_FDCWD, path, 0, flags, walk);
}

/* -EOPNOTSUPP for what has no path: pipes and sockets have no attributes. */
static int find_open(int fd, const struct inode **inode) {
    const struct file *file = usable_file(fd);

    if (file == NULL)
        return -EBADF;
    *inode = file->inode;
    return file->inode ? 0 : -EOPNOTSUPP;
}

static int64_t set_at(uaddr_t path, uaddr_t name_address, uaddr_t value, size_t size, int flags,
                      unsigned walk_flags) {
    struct walk walk;
    int error = name_from_user(name_address);

    if (error == 0)
        error = find(path, walk_flags, &walk);
    return error ? error : attribute_set(&walk.inode, name, value, size, flags);
}

int64_t sys_setxattr(uaddr_t path, uaddr_t name_address, uaddr_t value, size_t size, int flags) {
    return set_at(path, name_address, value, size, flags, 0);
}

int64_t sys_lsetxattr(uaddr_t path, uaddr_t name_address, uaddr_t value, size_t size, int flags) {
    return set_at(path, name_address, value, size, flags, WALK_NOFOLLOW);
}

int64_t sys_fsetxattr(int fd, uaddr_t name_address, uaddr_t value, size_t size, int flags) {
    const struct inode *inode;
    int error = name_from_user(name_address);

    if (error == 0)
        error = find_open(fd, &inode);
    return error ? error : attribute_set(inode, name, value, size, flags);
}

static int64_t get_at(uaddr_t path, uaddr_t name_address, uaddr_t to, size_t size,
                      unsigned walk_flags) {
    struct walk walk;
    int error = name_from_user(name_address);

    if (error == 0)
        error = find(path, walk_flags, &walk);
    return error ? error : attribute_get(&walk.inode, name, to, size);
}

int64_t sys_getxattr(uaddr_t path, uaddr_t name_address, uaddr_t to, size_t size) {
    return get_at(path, name_address, to, size, 0);
}

int64_t sys_lgetxattr(uaddr_t path, uaddr_t name_address, uaddr_t to, size_t size) {
    return get_at(path, name_address, to, size, WALK_NOFOLLOW);
}

int64_t sys_fgetxattr(int fd, uaddr_t name_address, uaddr_t to, size_t size) {
    const struct inode *inode;
    int error = name_from_user(name_address);

    if (error == 0)
        error = find_open(fd, &inode);
    return error ? error : attribute_get(inode, name, to, size);
}

static int64_t list_at(uaddr_t path, uaddr_t to, size_t size, unsigned walk_flags) {
    struct walk walk;
    int error = find(path, walk_flags, &walk);

    return error ? error : attribute_list(&walk.inode, to, size);
}

int64_t sys_listxattr(uaddr_t path, uaddr_t to, size_t size) {
    return list_at(path, to, size, 0);
}

int64_t sys_llistxattr(uaddr_t path, uaddr_t to, size_t size) {
    return list_at(path, to, size, WALK_NOFOLLOW);
}

int64_t sys_flistxattr(int fd, uaddr_t to, size_t size) {
    const struct inode *inode;
    int error = find_open(fd, &inode);

    return error ? error : attribute_list(inode, to, size);
}

static int64_t remove_at(uaddr_t path, uaddr_t name_address, unsigned walk_flags) {
    struct walk walk;
    int error = name_from_user(name_address);

    if (error == 0)
        error = find(path, walk_flags, &walk);
    return error ? error : attribute_remove(&walk.inode, name);
}

int64_t sys_removexattr(uaddr_t path, uaddr_t name_address) {
    return remove_at(path, name_address, 0);
}

int64_t sys_lremovexattr(uaddr_t path, uaddr_t name_address) {
    return remove_at(path, name_address, WALK_NOFOLLOW);
}

int64_t sys_fremovexattr(int fd, uaddr_t name_address) {
    const struct inode *inode;
    int error = name_from_user(name_address);

    if (error == 0)
        error = find_open(fd, &inode);
    return error ? error : attribute_remove(inode, name);
}
