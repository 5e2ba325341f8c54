/* Directories: the working one, and reading their entries. */
#include "core/string.h"
#include "linux/files.h"

int64_t sys_getcwd(uaddr_t buffer, size_t size) {
    const char *path = working_directory()->path;
    size_t length = strlen(path) + 1;

    if (length > size)
        return -ERANGE;
    int error = copy_to_user(buffer, path, length);
    return error ? error : (int64_t)length;
}

int64_t sys_chdir(uaddr_t path) {
    struct walk walk;
    int error = walk_user(AT_FDCWD, path, 0, 0, &walk);

    if (error)
        return error;
    if (inode_type(&walk.inode) != S_IFDIR)
        return -ENOTDIR;
    return set_working_directory(&walk.inode, walk.path);
}

int64_t sys_fchdir(int fd) {
    const struct file *file = fd_file(fd);

    if (file == NULL)
        return -EBADF;
    if (file->inode == NULL || inode_type(file->inode) != S_IFDIR)
        return -ENOTDIR;
    return set_working_directory(file->inode, file->inode->path);
}

/* linux_dirent64, but for the name that follows. */
struct entry_head {
    uint64_t number;
    int64_t next_position;
    uint16_t size; /* with the name, its NUL and padding to 8 */
    uint8_t type;
} __attribute__((packed));

struct entries {
    struct directory_sink sink;
    uaddr_t to;
    size_t left;
    int error; /* why the last entry was not taken */
};

static bool add_entry(struct directory_sink *sink, const char *name, size_t length, uint64_t number,
                      uint32_t mode, uint64_t next_position) {
    struct entries *entries = CONTAINER_OF(sink, struct entries, sink);
    uint8_t entry[sizeof(struct entry_head) + NAME_MAX + 8] = {0};
    size_t size = (sizeof(struct entry_head) + length + 1 + 7) & ~(size_t)7;
    struct entry_head head = {number, (int64_t)next_position, (uint16_t)size,
                              (uint8_t)(mode >> DIRENT_TYPE_SHIFT & 15)};

    entries->error = size > entries->left ? -EINVAL : 0;
    if (entries->error)
        return false;
    memcpy(entry, &head, sizeof(head));
    memcpy(entry + sizeof(head), name, length);
    entries->error = copy_to_user(entries->to, entry, size);
    if (entries->error)
        return false;
    entries->to += size;
    entries->left -= size;
    return true;
}

/* "." and "..": the parent's number is that of the walk's, and nobody needs more than a number
 * here. */
static bool add_dots(const struct inode *directory, uint64_t *position,
                     struct directory_sink *sink) {
    struct walk parent;

    if (*position == 0) {
        if (!sink->add(sink, ".", 1, directory->number, S_IFDIR, 1))
            return false;
        *position = 1;
    }
    if (*position == 1) {
        bool found = path_walk(directory, "..", 0, &parent) == 0;

        if (!sink->add(sink, "..", 2, found ? parent.inode.number : directory->number, S_IFDIR, 2))
            return false;
        *position = 2;
    }
    return true;
}

int64_t sys_getdents64(int fd, uaddr_t buffer, unsigned size) {
    struct file *file = usable_file(fd);

    if (file == NULL)
        return -EBADF;
    if (file->inode == NULL || inode_type(file->inode) != S_IFDIR)
        return -ENOTDIR;
    struct entries entries = {.sink = {add_entry}, .to = buffer, .left = size};
    int error = 0;
    if (!add_dots(file->inode, &file->offset, &entries.sink))
        ;
    else if (file->ops->list)
        error = file->ops->list(file, &file->offset, &entries.sink);
    else
        file->inode->ops->list(file->inode, &file->offset, &entries.sink);
    if (entries.to == buffer)
        return error ? error : entries.error;
    return (int64_t)(entries.to - buffer);
}
