/* From inodes to open files. */
#include "core/alloc.h"
#include "core/string.h"
#include "fs/path.h"
#include "linux/errno.h"

#define O_TMPFILE (020000000 | O_DIRECTORY)

static ssize_t read_directory(struct file *file, struct io *io, uint64_t *offset) {
    (void)file, (void)io, (void)offset;
    return -EISDIR;
}

static const struct file_ops directory_ops = {
    .read = read_directory,
    .seekable = true,
};

static const struct file_ops path_only_ops = {.seekable = false};

const char *file_path(const struct file *file) {
    return file->inode ? file->inode->path : NULL;
}

static bool writes(int flags) {
    return (flags & O_ACCMODE) != O_RDONLY || flags & O_TRUNC;
}

static int check_type(const struct inode *inode, int flags) {
    uint32_t type = inode_type(inode);

    if (flags & O_DIRECTORY && type != S_IFDIR)
        return -ENOTDIR;
    if (flags & O_PATH)
        return 0;
    if (type == S_IFLNK)
        return -ELOOP;
    if (type == S_IFSOCK)
        return -ENXIO;
    if (type == S_IFDIR && (writes(flags) || flags & O_CREAT))
        return -EISDIR;
    return type == S_IFREG && writes(flags) && inode_is_read_only(inode) ? -EROFS : 0;
}

static int make_file(const struct inode *inode, int flags, struct file **file) {
    if ((flags & O_PATH) == 0 && inode_type(inode) != S_IFDIR)
        return inode->ops->open(inode, flags, file);
    if ((flags & O_PATH) == 0 && inode->ops->open_directory)
        return inode->ops->open_directory(inode, flags, file);
    *file = file_new(flags & O_PATH ? &path_only_ops : &directory_ops, NULL, flags);
    return *file ? 0 : -ENOMEM;
}

/* Flags that matter only while opening are not kept. */
#define OPENING_FLAGS (O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC)

/* The inode is kept before the file is there: opening may sleep, and then the path's text and the
 * last name of the inode may go. */
struct file *inode_open(const struct inode *inode, const char *path, int flags, int *error) {
    struct file *file = NULL;

    *error = check_type(inode, flags);
    if (*error == 0 && flags & O_TRUNC && inode_type(inode) == S_IFREG && inode->ops->truncate)
        *error = inode->ops->truncate(inode, 0);
    if (*error)
        return NULL;
    struct inode *kept = inode_keep(inode, path);
    *error = kept ? make_file(kept, flags & ~OPENING_FLAGS, &file) : -ENOMEM;
    if (*error) {
        inode_release(kept);
        return NULL;
    }
    file->inode = kept;
    return file;
}

static struct file *create_and_open(const struct walk *walk, int flags, uint32_t mode, int *error) {
    const struct inode_ops *ops = walk->parent.ops;
    struct inode created;

    *error = walk->wants_directory ? -EISDIR : ops->create ? 0 : -EROFS;
    if (*error == 0)
        *error = ops->create(&walk->parent, walk->name, walk->name_length,
                             S_IFREG | (mode & ~file_creation_mask & 07777), NULL, &created);
    return *error ? NULL : inode_open(&created, walk->path, flags, error);
}

/* A file without a name in the file system of a directory. */
static struct file *open_temporary(const struct walk *walk, int flags, uint32_t mode, int *error) {
    const struct inode *directory = &walk->inode;
    struct inode created;

    if (inode_type(directory) != S_IFDIR || (flags & O_ACCMODE) == O_RDONLY)
        *error = inode_type(directory) != S_IFDIR ? -ENOTDIR : -EINVAL;
    else
        *error =
            directory->ops->create
                ? directory->ops->create(directory, "", 0, S_IFREG | (mode & 07777), NULL, &created)
                : -ENOTSUP;
    if (*error)
        return NULL;
    struct file *file = inode_open(&created, "", flags & ~O_TMPFILE, error);
    created.ops->put(&created);
    return file;
}

struct file *path_open(const struct inode *start, const char *path, int flags, uint32_t mode,
                       int *error) {
    bool temporary = (flags & O_TMPFILE) == O_TMPFILE;
    bool exclusive = flags & O_CREAT && flags & O_EXCL && !temporary;
    struct walk walk;

    *error = path_walk(start, path,
                       (flags & O_NOFOLLOW || exclusive ? WALK_NOFOLLOW : 0) |
                           (flags & O_CREAT ? WALK_MISSING : 0),
                       &walk);
    if (*error)
        return NULL;
    if (temporary)
        return open_temporary(&walk, flags, mode, error);
    if (walk.inode.ops == NULL)
        return create_and_open(&walk, flags, mode, error);
    if (exclusive) {
        *error = -EEXIST;
        return NULL;
    }
    return inode_open(&walk.inode, walk.path, flags, error);
}

struct file *file_open(const char *path, int flags, int *error) {
    return path_open(NULL, path, flags, 0666, error);
}
