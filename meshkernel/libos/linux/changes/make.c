/* Making directories, empty files and named pipes. */
#include "linux/files.h"

/* A directory, an empty file or a named pipe; devices no file system here can hold. */
static int64_t make_inode(int directory, uaddr_t path, uint32_t mode) {
    struct walk walk;
    struct inode created;
    int error = walk_user(directory, path, 0, WALK_MISSING | WALK_NOFOLLOW, &walk);

    if (error)
        return error;
    if (walk.inode.ops)
        return -EEXIST;
    if (walk.parent.ops->create == NULL)
        return -EROFS;
    return walk.parent.ops->create(&walk.parent, walk.name, walk.name_length, mode, NULL, &created);
}

int64_t sys_mkdirat(int directory, uaddr_t path, uint32_t mode) {
    return make_inode(directory, path, S_IFDIR | (mode & ~file_creation_mask & 01777));
}

int64_t sys_mkdir(uaddr_t path, uint32_t mode) {
    return sys_mkdirat(AT_FDCWD, path, mode);
}

int64_t sys_mknodat(int directory, uaddr_t path, uint32_t mode) {
    uint32_t type = mode & S_IFMT ? mode & S_IFMT : S_IFREG;

    if (type != S_IFREG && type != S_IFIFO)
        return -EPERM;
    return make_inode(directory, path, type | (mode & ~file_creation_mask & 07777));
}

int64_t sys_mknod(uaddr_t path, uint32_t mode) {
    return sys_mknodat(AT_FDCWD, path, mode);
}

int64_t sys_umask(uint32_t mask) {
    uint32_t old = file_creation_mask;

    file_creation_mask = mask & 0777;
    return old;
}
