#include "fs/imagefs.h"

#include "core/pages.h"
#include "core/print.h"
#include "core/string.h"
#include "fs/file.h"
#include "linux/abi.h"
#include "linux/errno.h"

#define IMAGEFS_STATFS_MAGIC 0x6b616d69

static const char *base;
static const struct imagefs_super *super;
static const struct imagefs_inode *inodes;
static const struct imagefs_entry *entries;
static const char *names;

static const struct inode_ops imagefs_ops;

static bool table_fits(uint64_t offset, uint64_t count, uint64_t entry_size) {
    return offset <= super->size && offset % 4 == 0 && count <= (super->size - offset) / entry_size;
}

static bool valid(size_t size) {
    return size >= sizeof(*super) && super->magic == IMAGEFS_MAGIC && super->size <= size &&
           super->size % PAGE_SIZE == 0 && super->inode_count > 0 &&
           table_fits(super->inodes, super->inode_count, sizeof(*inodes)) &&
           table_fits(super->entries, super->entry_count, sizeof(*entries)) &&
           super->names <= super->size;
}

void imagefs_mount(const void *start, size_t size) {
    base = start;
    super = start;
    if ((uintptr_t)start % PAGE_SIZE != 0 || !valid(size))
        panic("the image holds no file system of version 1");
    inodes = (const void *)(base + super->inodes);
    entries = (const void *)(base + super->entries);
    names = base + super->names;
    if ((inodes[0].mode & S_IFMT) != S_IFDIR)
        panic("the root of the image's file system is not a directory");
}

/* Checked on every use, since an index from the image reaches into it. */
static struct inode inode_at(uint32_t index) {
    if (index >= super->inode_count)
        panic("the image's file system is damaged: an entry names no inode");
    const struct imagefs_inode *inode = &inodes[index];
    bool is_directory = (inode->mode & S_IFMT) == S_IFDIR;
    uint64_t end = is_directory ? super->entry_count : super->size;
    if (inode->offset > end || inode->size > end - inode->offset)
        panic("the image's file system is damaged: contents lie outside of it");
    return (struct inode){.ops = &imagefs_ops,
                          .number = (uint64_t)index + 1,
                          .device = IMAGEFS_DEVICE,
                          .mode = inode->mode,
                          .data = inode};
}

struct inode imagefs_root(void) {
    return inode_at(0);
}

static const char *entry_name(const struct imagefs_entry *entry) {
    if (entry->name > super->size - super->names ||
        entry->length > super->size - super->names - entry->name)
        panic("the image's file system is damaged: a name lies outside of it");
    return names + entry->name;
}

/* As memcmp, with a shorter name before a longer one that it starts. */
static int compare(const char *name, size_t length, const struct imagefs_entry *entry) {
    int order = memcmp(name, entry_name(entry), MIN(length, (size_t)entry->length));

    if (order != 0)
        return order;
    return length < entry->length ? -1 : length > entry->length;
}

static int image_lookup(const struct inode *directory, const char *name, size_t length,
                        struct inode *found) {
    const struct imagefs_inode *inode = directory->data;
    const struct imagefs_entry *first = entries + inode->offset;
    size_t low = 0, high = inode->size;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(name, length, &first[middle]);

        if (order == 0) {
            *found = inode_at(first[middle].inode);
            return 0;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return -ENOENT;
}

static int image_stat(const struct inode *node, struct linux_stat *stat) {
    const struct imagefs_inode *inode = node->data;

    stat->nlink = inode->links;
    stat->size = node->mode & S_IFDIR && inode_type(node) == S_IFDIR ? (int64_t)PAGE_SIZE
                                                                     : (int64_t)inode->size;
    stat->blksize = PAGE_SIZE;
    stat->blocks = (stat->size + 511) / 512;
    stat->atime.seconds = stat->mtime.seconds = stat->ctime.seconds = (int64_t)inode->mtime;
    return 0;
}

static ssize_t image_readlink(const struct inode *node, char *to, size_t size) {
    const struct imagefs_inode *inode = node->data;
    size_t length = MIN(size, inode->size);

    memcpy(to, base + inode->offset, length);
    return (ssize_t)length;
}

static void image_list(const struct inode *directory, uint64_t *position,
                       struct directory_sink *sink) {
    const struct imagefs_inode *inode = directory->data;

    while (*position - 2 < inode->size) {
        const struct imagefs_entry *entry = &entries[inode->offset + *position - 2];
        struct inode found = inode_at(entry->inode);

        if (!sink->add(sink, entry_name(entry), entry->length, found.number, found.mode,
                       *position + 1))
            return;
        ++*position;
    }
}

static void image_statistics(const struct inode *inode, struct fs_statistics *statistics) {
    (void)inode;
    statistics->magic = IMAGEFS_STATFS_MAGIC;
    statistics->blocks = super->size / PAGE_SIZE;
    statistics->files = super->inode_count;
    statistics->read_only = true;
}

static ssize_t image_read(struct file *file, struct io *io, uint64_t *offset) {
    const struct imagefs_inode *inode = file->private;

    if (*offset >= inode->size)
        return 0;
    ssize_t count = io_to_user(io, base + inode->offset + *offset, inode->size - *offset);
    if (count > 0)
        *offset += (uint64_t)count;
    return count;
}

static void *image_page(struct file *file, uint64_t index) {
    const struct imagefs_inode *inode = file->private;

    if (index >= PAGE_UP(inode->size) >> PAGE_SHIFT)
        return NULL;
    uint64_t offset = index << PAGE_SHIFT;
    const char *contents = base + inode->offset + offset;
    if ((uintptr_t)contents % PAGE_SIZE == 0)
        return direct_of(phys_of(contents)); /* not counted: page_get and page_put pass it by */
    void *page = page_alloc();
    if (page)
        memcpy(page, contents, MIN(PAGE_SIZE, inode->size - offset));
    return page;
}

static const struct file_ops imagefs_file_ops = {
    .read = image_read,
    .page = image_page,
    .seekable = true,
};

static int image_open(const struct inode *inode, int flags, struct file **file) {
    *file = file_new(&imagefs_file_ops, (void *)inode->data, flags);
    return *file ? 0 : -ENOMEM;
}

static const struct inode_ops imagefs_ops = {
    .lookup = image_lookup,
    .stat = image_stat,
    .readlink = image_readlink,
    .list = image_list,
    .open = image_open,
    .statistics = image_statistics,
};
