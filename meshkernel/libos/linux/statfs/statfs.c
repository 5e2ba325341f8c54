/* What is known of a file system. */
#include "core/string.h"
#include "linux/files.h"

#define ANONYMOUS_DEVICE 9 /* linux/stat.c */
#define PIPEFS_MAGIC 0x50495045

struct linux_statfs {
    int64_t type, block_size;
    uint64_t blocks, free_blocks, available_blocks, files, free_files;
    int32_t id[2];
    int64_t name_length, fragment_size, flags, spare[4];
};
_Static_assert(sizeof(struct linux_statfs) == 120, "struct statfs of x86-64");

#define ST_RDONLY 1

static int64_t statfs_of(const struct inode *inode, uaddr_t to) {
    struct fs_statistics statistics = {.magic = PIPEFS_MAGIC};

    if (inode)
        inode->ops->statistics(inode, &statistics);
    struct linux_statfs statfs = {.type = (int64_t)statistics.magic,
                                  .block_size = (int64_t)PAGE_SIZE,
                                  .blocks = statistics.blocks,
                                  .free_blocks = statistics.free_blocks,
                                  .available_blocks = statistics.free_blocks,
                                  .files = statistics.files,
                                  .free_files = statistics.free_files,
                                  .id = {inode ? (int32_t)inode->device : ANONYMOUS_DEVICE, 0},
                                  .name_length = NAME_MAX,
                                  .fragment_size = (int64_t)PAGE_SIZE,
                                  .flags = statistics.read_only ? ST_RDONLY : 0};
    return put_user(statfs, to);
}

int64_t sys_statfs(uaddr_t path, uaddr_t to) {
    struct walk walk;
    int error = walk_user(AT_FDCWD, path, 0, 0, &walk);

    return error ? error : statfs_of(&walk.inode, to);
}

int64_t sys_fstatfs(int fd, uaddr_t to) {
    const struct file *file = fd_file(fd);

    return file ? statfs_of(file->inode, to) : -EBADF;
}
