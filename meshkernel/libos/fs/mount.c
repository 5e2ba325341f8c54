#include "fs/mount.h"

#include "core/alloc.h"
#include "core/boot.h"
#include "core/print.h"
#include "core/string.h"
#include "fs/console.h"
#include "fs/devfs.h"
#include "fs/fs.h"
#include "fs/imagefs.h"
#include "fs/path.h"
#include "fs/tree.h"
#include "linux/errno.h"

#define MOUNTS_MAX 16

/* The linker places the image's file system between these. */
extern const char image_start[], image_end[];

static struct tree overlay_tree = {.device = IMAGEFS_DEVICE, .magic = 0x6b616d69};
static struct inode root;
static struct {
    const char *path, *type;
    struct inode inode;
} mounts[MOUNTS_MAX];
static size_t mount_count;

const struct inode *root_inode(void) {
    return &root;
}

struct tree *root_tree(void) {
    return &overlay_tree;
}

static void mount_root(void) {
    struct inode image = imagefs_root();

    /* The image counts from 1, so its nodes in memory start far above. */
    overlay_tree.last_number = UINT64_C(1) << 32;
    tree_init(&overlay_tree);
    overlay_tree.root->lower = inode_keep(&image, "/");
    if (overlay_tree.root->lower == NULL)
        panic("there is no memory for the file systems");
    overlay_tree.root->number = image.number;
    overlay_tree.root->mode = image.mode;
    root = node_inode(overlay_tree.root);
    root.path = "/";
}

/* The tree that a mount point lies in: /dev's for /dev/shm. */
static struct node *mount_point(const char *path) {
    for (size_t i = mount_count; i-- > 0;) {
        size_t length = strlen(mounts[i].path);

        if (strncmp(path, mounts[i].path, length) != 0 || path[length] != '/')
            continue;
        if (mounts[i].inode.ops != root.ops)
            panic("a volume cannot hold the mount point of another");
        return tree_make((struct node *)mounts[i].inode.data, path + length, S_IFDIR | 0755);
    }
    return tree_make(overlay_tree.root, path, S_IFDIR | 0755);
}

void fs_mount(const char *path, const char *type, struct inode inode) {
    struct node *point = mount_point(path);

    assert(mount_count < MOUNTS_MAX);
    mounts[mount_count].path = path;
    mounts[mount_count].type = type;
    mounts[mount_count].inode = inode;
    point->mounted = &mounts[mount_count++].inode;
}

bool mount_describe(size_t index, const char **path, const char **type, bool *read_only) {
    if (index > mount_count)
        return false;
    *path = index ? mounts[index - 1].path : "/";
    *type = index ? mounts[index - 1].type : "meshkernel";
    *read_only = index == 0 || (mounts[index - 1].inode.ops->is_read_only &&
                                inode_is_read_only(&mounts[index - 1].inode));
    return true;
}

void fs_check_volumes(void) {
    static char sentence[PATH_MAX + 128];

    for (size_t i = 0; i < boot.volume_count; i++) {
        const struct boot_volume *volume = &boot.volumes[i];

        if (volume->mounted)
            continue;
        format(
            sentence, sizeof(sentence),
            "nothing could be mounted at %s: the host offers no %s, or this library OS was built "
            "without volumes",
            volume->path, volume->tag);
        panic(sentence);
    }
}

/* The program starts in the folder that the boot configuration names. */
static void enter_directory(const char *path) {
    struct walk walk;

    if (path_walk(&root, path, 0, &walk) || inode_type(&walk.inode) != S_IFDIR)
        panic("the working directory of the boot configuration is not a folder of the image");
    if (set_working_directory(&walk.inode, walk.path))
        panic("there is no memory for the file systems");
}

void fs_init(void) {
    imagefs_mount(image_start, (size_t)(image_end - image_start));
    mount_root();
    devfs_init();
    if (set_working_directory(&root, "/"))
        panic("there is no memory for the file systems");
}

void fs_complete(void) {
    overlay_init();
    if (boot.directory)
        enter_directory(boot.directory);
}

void fs_continue(void) {
    overlay_continue();
}

void fs_open_console(void) {
    int error = 0;
    struct file *console = file_open("/dev/console", O_RDWR, &error);

    for (int fd = 0; fd < 3; fd++) {
        if (console == NULL || fd_install(console, fd, false) != fd)
            panic("the console cannot be opened for the program");
        if (fd < 2)
            file_get(console);
    }
}
