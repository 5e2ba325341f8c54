/* /proc and /sys: what the C library, the interpreter and common packages read. */
#include "fs/proc/procfs.h"
#include "core/alloc.h"
#include "core/boot.h"
#include "core/clock.h"
#include "core/print.h"
#include "core/start.h"
#include "core/string.h"
#include "fs/mount.h"
#include "fs/path.h"
#include "fs/proc/generated.h"
#include "fs/tree_internal.h"
#include "linux/process.h"
#include "seal/seal.h"

#define PROC_DEVICE 3
#define SYS_DEVICE 4
#define PROC_MAGIC 0x9fa0
#define SYS_MAGIC 0x62656572

static struct tree proc = {.device = PROC_DEVICE, .magic = PROC_MAGIC};
static struct tree sys = {.device = SYS_DEVICE, .magic = SYS_MAGIC};

static void one_cpu(struct text *text) {
    text_add_string(text, "0\n");
}

static const struct generator sys_files[] = {
    {"devices/system/cpu/online", one_cpu},
    {"devices/system/cpu/possible", one_cpu},
    {"devices/system/cpu/present", one_cpu},
};

static void add_link(const char *path, const char *target) {
    struct node *node = tree_make(proc.root, path, S_IFLNK | 0777);

    node->size = strlen(target);
    node->data = kstrndup(target, node->size);
    if (node->data == NULL)
        panic("there is no memory for the file systems");
}

static void add_files(struct tree *tree, const struct generator *files, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct node *node = tree_make(tree->root, files[i].path, S_IFREG | 0444);

        node->kind = &generated_kind;
        node->data = (void *)&files[i];
    }
}

void proc_add_file(const struct generator *file) {
    add_files(&proc, file, 1);
}

/* The program's path without links, as the kernel of a real process has it. */
static void add_program(void) {
    struct walk walk;
    const char *program = boot.arguments && boot.arguments[0] ? boot.arguments[0] : "/";

    add_link("1/exe", path_walk(root_inode(), program, 0, &walk) == 0 ? walk.path : program);
}

/* The process's number has changed; it has one digit before and then. */
static void number_process(void) {
    static const char *const links[] = {"self", "thread-self"};
    static char number[] = "1";
    struct entry *process = entry_find(proc.root, number, 1);

    number[0] = (char)('0' + process_id);
    process->name[0] = number[0];
    for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
        struct node *link = node_find(proc.root, links[i], strlen(links[i]));
        char *target = link->data;

        target[0] = target[link->size - 1] = number[0];
    }
}
CONTINUE(START_FILES, number_process);
SEAL(SEAL_BEGIN, number_process);

static void procfs_init(void) {
    tree_init(&proc);
    tree_init(&sys);
    add_files(&proc, proc_system_files, proc_system_file_count);
    add_files(&proc, proc_process_files, proc_process_file_count);
    add_files(&sys, sys_files, ARRAY_SIZE(sys_files));
    add_link("self", "1");
    add_link("thread-self", "1/task/1");
    add_link("mounts", "self/mounts");
    add_link("1/root", "/");
    add_link("1/cwd", boot.directory ? boot.directory : "/");
    add_program();
    proc_add_dynamic(proc.root);
    fs_mount("/proc", "proc", node_inode(proc.root));
    fs_mount("/sys", "sysfs", node_inode(sys.root));
}
START(START_FILES, procfs_init);
