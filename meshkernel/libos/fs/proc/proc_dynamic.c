/* /proc/1/fd and /proc/1/task: directories whose entries are looked up when they are asked for. */
#include "core/clock.h"
#include "core/print.h"
#include "core/string.h"
#include "core/thread.h"
#include "fs/descriptor.h"
#include "fs/path.h"
#include "fs/proc/procfs.h"
#include "linux/abi.h"
#include "linux/errno.h"

#define PROC_DEVICE 3
#define PROC_MAGIC 0x9fa0

/* Inode numbers, apart from those of the tree. */
#define FD_NUMBERS (UINT64_C(1) << 32)
#define TASK_NUMBERS (UINT64_C(2) << 32)
#define TASK_FILE_NUMBERS (UINT64_C(3) << 32)

static const struct inode_ops fd_ops, fd_link_ops, task_ops, task_directory_ops, task_file_ops;

static int parse_number(const char *name, size_t length) {
    int number = 0;

    if (length == 0 || length > 7 || (length > 1 && name[0] == '0'))
        return -1;
    for (size_t i = 0; i < length; i++) {
        if (name[i] < '0' || name[i] > '9')
            return -1;
        number = number * 10 + (name[i] - '0');
    }
    return number;
}

static struct inode make_inode(const struct inode_ops *ops, uint64_t number, uint32_t mode,
                               int value) {
    return (struct inode){.ops = ops,
                          .number = number,
                          .device = PROC_DEVICE,
                          .mode = mode,
                          .data = (void *)(intptr_t)value};
}

static int value_of(const struct inode *inode) {
    return (int)(intptr_t)inode->data;
}

static int dynamic_stat(const struct inode *inode, struct linux_stat *stat) {
    stat->nlink = inode_type(inode) == S_IFDIR ? 2 : 1;
    stat->blksize = PAGE_SIZE;
    stat->mtime.seconds = (int64_t)(clock_realtime() / NANOS_PER_SECOND);
    stat->atime = stat->ctime = stat->mtime;
    return 0;
}

static void dynamic_statistics(const struct inode *inode, struct fs_statistics *statistics) {
    (void)inode;
    statistics->magic = PROC_MAGIC;
    statistics->read_only = true;
}

static bool add_number(struct directory_sink *sink, int number, uint64_t numbers, uint32_t mode) {
    char name[12];
    size_t length = format(name, sizeof(name), "%d", number);

    return sink->add(sink, name, length, numbers + (uint64_t)number, mode, (uint64_t)number + 3);
}

/* fd: the descriptors, as links to what they are open on. */
static int fd_lookup(const struct inode *directory, const char *name, size_t length,
                     struct inode *found) {
    int fd = parse_number(name, length);

    (void)directory;
    if (fd < 0 || fd_file(fd) == NULL)
        return -ENOENT;
    *found = make_inode(&fd_link_ops, FD_NUMBERS + (uint64_t)fd, S_IFLNK | 0700, fd);
    return 0;
}

static void fd_list(const struct inode *directory, uint64_t *position,
                    struct directory_sink *sink) {
    (void)directory;
    if (*position - 2 > DESCRIPTORS_MAX)
        return;
    for (int fd = fd_next((int)*position - 2); fd >= 0; fd = fd_next(fd + 1)) {
        if (!add_number(sink, fd, FD_NUMBERS, S_IFLNK))
            return;
        *position = (uint64_t)fd + 3;
    }
    *position = MAX(*position, (uint64_t)DESCRIPTORS_MAX + 3);
}

static ssize_t fd_readlink(const struct inode *link, char *to, size_t size) {
    const struct file *file = fd_file(value_of(link));
    char text[32];

    if (file == NULL)
        return -ENOENT;
    const char *path = file_path(file);
    if (path == NULL) {
        format(text, sizeof(text), file->socket ? "socket:[%u]" : "anon_inode:[%u]",
               (unsigned)value_of(link) + 1);
        path = text;
    }
    size_t length = MIN(strlen(path), size);
    memcpy(to, path, length);
    return (ssize_t)length;
}

static int fd_jump(const struct inode *link, struct inode *target) {
    const struct file *file = fd_file(value_of(link));

    if (file == NULL || file->inode == NULL)
        return -ENOENT;
    *target = *file->inode;
    return 0;
}

/* task: the threads. */
static int task_lookup(const struct inode *directory, const char *name, size_t length,
                       struct inode *found) {
    int tid = parse_number(name, length);

    (void)directory;
    if (tid < 0 || thread_find(tid) == NULL)
        return -ENOENT;
    *found = make_inode(&task_directory_ops, TASK_NUMBERS + (uint64_t)tid, S_IFDIR | 0555, tid);
    return 0;
}

/* Positions follow the thread identifiers, so that a listing goes on behind one that ended. */
static void task_list(const struct inode *directory, uint64_t *position,
                      struct directory_sink *sink) {
    (void)directory;
    while (*position - 2 <= INT32_MAX) {
        int next = -1;

        LIST_FOR_EACH(link, &all_threads) {
            int tid = LIST_ENTRY(link, struct thread, all_link)->tid;

            if (tid >= (int)*position - 2 && (next < 0 || tid < next))
                next = tid;
        }
        if (next < 0 || !add_number(sink, next, TASK_NUMBERS, S_IFDIR))
            return;
        *position = (uint64_t)next + 3;
    }
}

static const char *const task_files[] = {"comm", "stat"};

/* A file of a thread: its value is 2 * tid + which. */
static struct inode task_file(int tid, size_t which) {
    int value = 2 * tid + (int)which;

    return make_inode(&task_file_ops, TASK_FILE_NUMBERS + (uint64_t)value, S_IFREG | 0444, value);
}

static int task_directory_lookup(const struct inode *directory, const char *name, size_t length,
                                 struct inode *found) {
    for (size_t i = 0; i < ARRAY_SIZE(task_files); i++) {
        if (strlen(task_files[i]) != length || memcmp(task_files[i], name, length) != 0)
            continue;
        *found = task_file(value_of(directory), i);
        return 0;
    }
    return -ENOENT;
}

static void task_directory_list(const struct inode *directory, uint64_t *position,
                                struct directory_sink *sink) {
    while (*position - 2 < ARRAY_SIZE(task_files)) {
        size_t which = *position - 2;
        struct inode file = task_file(value_of(directory), which);

        if (!sink->add(sink, task_files[which], strlen(task_files[which]), file.number, file.mode,
                       *position + 1))
            return;
        ++*position;
    }
}

static int task_file_open(const struct inode *inode, int flags, struct file **file) {
    const struct thread *thread = thread_find(value_of(inode) / 2);
    struct text text = {.bytes = NULL};

    if (thread == NULL)
        return -ESRCH;
    if (value_of(inode) % 2)
        proc_stat_of(&text, thread->tid, thread->name);
    else
        text_print(&text, "%s\n", thread->name);
    return generated_open(&text, flags, file);
}

static const struct inode_ops fd_ops = {
    .lookup = fd_lookup, .list = fd_list, .stat = dynamic_stat, .statistics = dynamic_statistics};
static const struct inode_ops fd_link_ops = {.readlink = fd_readlink,
                                             .jump = fd_jump,
                                             .stat = dynamic_stat,
                                             .statistics = dynamic_statistics};
static const struct inode_ops task_ops = {.lookup = task_lookup,
                                          .list = task_list,
                                          .stat = dynamic_stat,
                                          .statistics = dynamic_statistics};
static const struct inode_ops task_directory_ops = {.lookup = task_directory_lookup,
                                                    .list = task_directory_list,
                                                    .stat = dynamic_stat,
                                                    .statistics = dynamic_statistics};
static const struct inode_ops task_file_ops = {
    .open = task_file_open, .stat = dynamic_stat, .statistics = dynamic_statistics};

void proc_add_dynamic(struct node *root) {
    static struct inode fd, task;

    fd = make_inode(&fd_ops, FD_NUMBERS - 1, S_IFDIR | 0500, 0);
    task = make_inode(&task_ops, FD_NUMBERS - 2, S_IFDIR | 0555, 0);
    tree_make(root, "1/fd", S_IFDIR | 0500)->mounted = &fd;
    tree_make(root, "1/task", S_IFDIR | 0555)->mounted = &task;
}
