#include "linux/files.h"
#include "mm/user.h"

int64_t sys_readlinkat(int directory, uaddr_t path, uaddr_t buffer, int size) {
    static char target[PATH_MAX];
    struct walk walk;

    if (size <= 0)
        return -EINVAL;
    int error = walk_user(directory, path, AT_EMPTY_PATH, WALK_NOFOLLOW, &walk);
    if (error)
        return error;
    if (inode_type(&walk.inode) != S_IFLNK)
        return -EINVAL;
    ssize_t length = walk.inode.ops->readlink(&walk.inode, target, MIN((size_t)size, PATH_MAX));
    if (length < 0)
        return length;
    error = copy_to_user(buffer, target, (size_t)length);
    return error ? error : length;
}

int64_t sys_readlink(uaddr_t path, uaddr_t buffer, int size) {
    return sys_readlinkat(AT_FDCWD, path, buffer, size);
}
