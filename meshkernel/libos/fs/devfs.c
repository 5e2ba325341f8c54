#include "fs/devfs.h"

#include "core/alloc.h"
#include "core/print.h"
#include "core/random.h"
#include "core/string.h"
#include "fs/console.h"
#include "fs/console_open.h"
#include "fs/mount.h"
#include "fs/tree.h"
#include "linux/errno.h"

#define DEVFS_DEVICE 2
#define TMPFS_MAGIC 0x01021994 /* what statfs says of /dev on Linux too */
#define MISC_MAJOR 10
#define RDEV(major, minor) ((uint32_t)((major) << 8 | (minor)))

static struct tree tree = {.device = DEVFS_DEVICE, .magic = TMPFS_MAGIC};

static ssize_t null_read(struct file *file, struct io *io, uint64_t *offset) {
    (void)file, (void)io, (void)offset;
    return 0;
}

/* Takes everything; a bad address is nobody's concern, as on Linux. */
static ssize_t null_write(struct file *file, struct io *io, uint64_t *offset) {
    size_t size = io->left;

    (void)file, (void)offset;
    io->left = 0;
    return (ssize_t)size;
}

static ssize_t full_write(struct file *file, struct io *io, uint64_t *offset) {
    (void)file, (void)offset;
    return io->left ? -ENOSPC : 0;
}

/* Fills a buffer piece by piece from `fill`. */
static ssize_t read_filled(struct io *io, void (*fill)(void *to, size_t size)) {
    char piece[256];
    ssize_t done = 0;

    while (io->left > 0) {
        size_t size = MIN(sizeof(piece), io->left);

        fill(piece, size);
        ssize_t count = io_to_user(io, piece, size);
        if (count <= 0)
            return done ? done : count;
        done += count;
    }
    return done;
}

static void fill_zeros(void *to, size_t size) {
    memset(to, 0, size);
}

static ssize_t zero_read(struct file *file, struct io *io, uint64_t *offset) {
    (void)file, (void)offset;
    return read_filled(io, fill_zeros);
}

static ssize_t random_read(struct file *file, struct io *io, uint64_t *offset) {
    (void)file, (void)offset;
    return read_filled(io, random_bytes);
}

/* What the application writes to /dev/random adds nothing that we could trust. */
static const struct file_ops null_ops = {.read = null_read, .write = null_write, .seekable = true};
static const struct file_ops zero_ops = {.read = zero_read, .write = null_write, .seekable = true};
static const struct file_ops full_ops = {.read = zero_read, .write = full_write, .seekable = true};
static const struct file_ops random_ops = {
    .read = random_read, .write = null_write, .seekable = true};

static int device_open(struct node *node, int flags, struct file **file) {
    *file = file_new(node->data, NULL, flags);
    return *file ? 0 : -ENOMEM;
}

static int console_device_open(struct node *node, int flags, struct file **file) {
    (void)node;
    return console_open(flags, file);
}

static const struct node_kind device_kind = {.open = device_open};
/* Nobody sits at a terminal: opening /dev/tty is -ENXIO, as for a daemon on Linux. */
static const struct node_kind absent_kind = {.open = NULL};
static const struct node_kind console_kind = {.open = console_device_open};

static void add(const char *name, uint32_t mode, uint32_t rdev, const struct node_kind *kind,
                const struct file_ops *ops) {
    struct node *node = tree_make(tree.root, name, S_IFCHR | mode);

    node->rdev = rdev;
    node->kind = kind;
    node->data = (void *)ops;
}

static void add_link(const char *name, const char *target) {
    struct node *node = tree_make(tree.root, name, S_IFLNK | 0777);

    node->size = strlen(target);
    node->data = kstrndup(target, node->size);
    if (node->data == NULL)
        panic("there is no memory for the file systems");
}

void devfs_add(const char *name, uint32_t mode, const struct file_ops *ops) {
    static unsigned last_minor = 63;

    add(name, mode, RDEV(MISC_MAJOR, ++last_minor), &device_kind, ops);
}

void devfs_init(void) {
    tree_init(&tree);
    add("null", 0666, RDEV(1, 3), &device_kind, &null_ops);
    add("zero", 0666, RDEV(1, 5), &device_kind, &zero_ops);
    add("full", 0666, RDEV(1, 7), &device_kind, &full_ops);
    add("random", 0666, RDEV(1, 8), &device_kind, &random_ops);
    add("urandom", 0666, RDEV(1, 9), &device_kind, &random_ops);
    add("tty", 0666, RDEV(5, 0), &absent_kind, NULL);
    add("console", 0600, RDEV(5, 1), &console_kind, NULL);
    add_link("fd", "/proc/self/fd");
    add_link("stdin", "/proc/self/fd/0");
    add_link("stdout", "/proc/self/fd/1");
    add_link("stderr", "/proc/self/fd/2");
    fs_mount("/dev", "devtmpfs", node_inode(tree.root));
}
