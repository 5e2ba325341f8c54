/* Files in memory: pages, where NULL is a hole. All of them together take at most half
 * of RAM. */
#include "core/alloc.h"
#include "core/clock.h"
#include "core/pages.h"
#include "core/print.h"
#include "core/start.h"
#include "core/string.h"
#include "fs/mount.h"
#include "fs/tmpfs/memfd.h"
#include "fs/tmpfs/tmpfs_internal.h"
#include "linux/errno.h"

#define TMPFS_MAGIC 0x01021994
#define PAGES_MAX (UINT64_C(1) << 28) /* of one file: 1 TiB, holes included */
#define FIRST_DEVICE 16               /* st_dev of the first; the image, /dev and /proc are below */
#define TREES_MAX 8

/* Two levels, so that a sparse file needs no long array: each leaf is a page of pointers to pages.
 */
#define LEAF_PAGES (PAGE_SIZE / sizeof(void *))

struct pages {
    void ***leaves;
    uint64_t capacity; /* of leaves */
};

static const char zeros[PAGE_SIZE];
static size_t pages_used; /* of all files */

static struct pages *pages_of(const struct node *node) {
    return node->data;
}

/* Where the pointer to a page is kept; NULL when its leaf is missing. */
static void **slot_of(const struct node *node, uint64_t index) {
    const struct pages *pages = pages_of(node);
    uint64_t leaf = index / LEAF_PAGES;

    if (pages == NULL || leaf >= pages->capacity || pages->leaves[leaf] == NULL)
        return NULL;
    return &pages->leaves[leaf][index % LEAF_PAGES];
}

static void *page_at(const struct node *node, uint64_t index) {
    void **slot = slot_of(node, index);

    return slot ? *slot : NULL;
}

/* Makes the slot of a page. */
static int reserve(struct node *node, uint64_t index) {
    struct pages *pages = pages_of(node);
    uint64_t leaf = index / LEAF_PAGES;

    if (index >= PAGES_MAX)
        return -EFBIG;
    if (pages == NULL)
        node->data = pages = knew(struct pages);
    if (pages == NULL)
        return -ENOSPC;
    if (leaf >= pages->capacity) {
        void ***grown =
            krealloc(pages->leaves, MAX(leaf + 1, 2 * pages->capacity) * sizeof(*grown));

        if (grown == NULL)
            return -ENOSPC;
        pages->leaves = grown;
        pages->capacity = MAX(leaf + 1, 2 * pages->capacity);
    }
    if (pages->leaves[leaf] == NULL)
        pages->leaves[leaf] = page_alloc();
    return pages->leaves[leaf] ? 0 : -ENOSPC;
}

/* The page at an index, made where there is a hole. */
static int make_page(struct node *node, uint64_t index, void **page) {
    *page = page_at(node, index);
    if (*page)
        return 0;
    if (pages_used >= pages_total() / 2)
        return -ENOSPC;
    int error = reserve(node, index);
    if (error)
        return error;
    *page = page_alloc();
    if (*page == NULL)
        return -ENOSPC;
    *slot_of(node, index) = *page;
    pages_used++;
    return 0;
}

static ssize_t tmpfs_read(struct file *file, struct io *io, uint64_t *offset) {
    struct node *node = file->private;
    ssize_t done = 0;

    while (io->left > 0 && *offset < node->size) {
        uint64_t within = *offset & PAGE_MASK;
        const char *page = page_at(node, *offset >> PAGE_SHIFT);
        size_t size = MIN(PAGE_SIZE - within, node->size - *offset);
        ssize_t count = io_to_user(io, (page ? page : zeros) + within, size);

        if (count <= 0)
            return done ? done : count;
        *offset += (uint64_t)count;
        done += count;
    }
    return done;
}

static ssize_t write_piece(struct node *node, struct io *io, uint64_t offset) {
    uint64_t within = offset & PAGE_MASK;
    void *page;
    int error = make_page(node, offset >> PAGE_SHIFT, &page);

    return error ? error : io_from_user(io, (char *)page + within, PAGE_SIZE - within);
}

static ssize_t tmpfs_write(struct file *file, struct io *io, uint64_t *offset) {
    struct node *node = file->private;
    ssize_t done = 0;

    if (file->flags & O_APPEND)
        *offset = node->size;
    if (*offset > INT64_MAX - io->left)
        return -EFBIG;
    while (io->left > 0) {
        ssize_t count = write_piece(node, io, *offset);

        if (count <= 0)
            return done ? done : count;
        *offset += (uint64_t)count;
        done += count;
        node->size = MAX(node->size, *offset);
        node->modified = node->changed = clock_realtime();
    }
    return done;
}

static void *tmpfs_page(struct file *file, uint64_t index) {
    struct node *node = file->private;
    void *page;

    if (index >= PAGE_UP(node->size) >> PAGE_SHIFT || make_page(node, index, &page))
        return NULL;
    page_get(page);
    return page;
}

static void drop_leaf(void **leaf, uint64_t from) {
    for (uint64_t i = from; i < LEAF_PAGES; i++) {
        if (leaf[i] == NULL)
            continue;
        page_put(leaf[i]);
        leaf[i] = NULL;
        pages_used--;
    }
}

static void drop_pages(struct node *node, uint64_t from) {
    struct pages *pages = pages_of(node);

    for (uint64_t i = from / LEAF_PAGES; pages && i < pages->capacity; i++) {
        uint64_t first = i * LEAF_PAGES;

        if (pages->leaves[i] == NULL)
            continue;
        drop_leaf(pages->leaves[i], from > first ? from - first : 0);
        if (from > first)
            continue;
        page_put(pages->leaves[i]);
        pages->leaves[i] = NULL;
    }
}

static int tmpfs_truncate(struct node *node, uint64_t size) {
    char *last = page_at(node, size >> PAGE_SHIFT);

    if (size > PAGES_MAX << PAGE_SHIFT)
        return -EFBIG;
    if (size < node->size) {
        drop_pages(node, PAGE_UP(size) >> PAGE_SHIFT);
        if (last && size & PAGE_MASK)
            memset(last + (size & PAGE_MASK), 0, PAGE_SIZE - (size & PAGE_MASK));
    }
    node->size = size;
    node->modified = node->changed = clock_realtime();
    return 0;
}

static const struct file_ops tmpfs_file_ops = {
    .read = tmpfs_read,
    .write = tmpfs_write,
    .page = tmpfs_page,
    .seekable = true,
};

static int tmpfs_open(struct node *node, int flags, struct file **file) {
    *file = file_new(&tmpfs_file_ops, node, flags);
    return *file ? 0 : -ENOMEM;
}

static uint64_t tmpfs_size(const struct node *node) {
    return node->size;
}

static void tmpfs_free(struct node *node) {
    drop_pages(node, 0);
    if (node->data)
        kfree(pages_of(node)->leaves);
    kfree(node->data);
}

const struct node_kind tmpfs_kind = {
    .open = tmpfs_open,
    .size = tmpfs_size,
    .truncate = tmpfs_truncate,
    .free = tmpfs_free,
};

static struct tree trees[TREES_MAX];
static uint32_t tree_count;

static void mount(const char *path) {
    assert(tree_count < TREES_MAX);
    struct tree *tree = &trees[tree_count];

    *tree = (struct tree){
        .device = FIRST_DEVICE + tree_count++, .magic = TMPFS_MAGIC, .ops = &tmpfs_inode_ops};
    tree_init(tree);
    tree->root->mode = S_IFDIR | 01777;
    fs_mount(path, "tmpfs", node_inode(tree->root));
}

static void tmpfs_init(void) {
    mount("/dev/shm");
    mount("/tmp");
    mount("/run");
}
START(START_FILES, tmpfs_init);

struct inode memfd_inode(void) {
    struct inode root = node_inode(trees[0].root), inode = {.ops = NULL};

    if (root.ops->create(&root, "", 0, S_IFREG | 0777, NULL, &inode))
        inode.ops = NULL;
    return inode;
}
