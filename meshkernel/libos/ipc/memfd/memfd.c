#include "fs/tmpfs/memfd.h"
#include "core/print.h"
#include "core/string.h"
#include "linux/files.h"

#define MFD_CLOEXEC 1u
#define MFD_ALLOW_SEALING 2u /* accepted; there are no seals to add */
#define MFD_NAME_MAX 249

int64_t sys_memfd_create(uaddr_t name_address, unsigned flags) {
    static char path[sizeof("/memfd: (deleted)") + MFD_NAME_MAX];
    const char *name;
    int error = path_from_user(name_address, PATH_FIRST, &name);

    if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING) || error == -ENAMETOOLONG ||
        (error == 0 && strlen(name) > MFD_NAME_MAX))
        return -EINVAL;
    if (error)
        return error;
    format(path, sizeof(path), "/memfd:%s (deleted)", name);
    struct inode inode = memfd_inode();
    if (inode.ops == NULL)
        return -ENOMEM;
    struct file *file = inode_open(&inode, path, O_RDWR, &error);
    inode.ops->put(&inode);
    return file ? install_new(file, flags & MFD_CLOEXEC) : error;
}
