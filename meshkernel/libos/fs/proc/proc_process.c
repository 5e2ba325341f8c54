/* /proc/1: the one process. */
#include "core/boot.h"
#include "core/clock.h"
#include "core/pages.h"
#include "core/string.h"
#include "core/thread.h"
#include "fs/mount.h"
#include "fs/path.h"
#include "fs/proc/procfs.h"
#include "linux/credentials.h"
#include "linux/process.h"
#include "mm/space.h"

#define KIB_PER_PAGE (PAGE_SIZE / 1024)

static size_t thread_count(void) {
    size_t count = 0;

    LIST_FOR_EACH(node, &all_threads)
    count++;
    return MAX(count, (size_t)1);
}

static const char *process_name(void) {
    const struct thread *first = thread_find(process_id);

    return first ? first->name : current->name;
}

static void add_strings(struct text *text, const char **strings, size_t count) {
    for (size_t i = 0; i < count; i++)
        text_add(text, strings[i], strlen(strings[i]) + 1);
}

static void cmdline(struct text *text) {
    add_strings(text, boot.arguments, boot.argument_count);
}

static void environ(struct text *text) {
    add_strings(text, boot.environment, boot.environment_count);
}

static void comm(struct text *text) {
    text_print(text, "%s\n", process_name());
}

static uint64_t mapped_bytes(void) {
    struct space_area area;
    uint64_t size = 0;

    for (size_t i = 0; space_describe(i, &area); i++)
        size += area.end - area.start;
    return size;
}

static const char *area_name(const struct space_area *area) {
    if (area->file)
        return file_path(area->file);
    return area->kind == SPACE_HEAP ? "[heap]" : area->kind == SPACE_STACK ? "[stack]" : NULL;
}

static void maps(struct text *text) {
    struct space_area area;

    for (size_t i = 0; space_describe(i, &area); i++) {
        const struct inode *inode = area.file ? area.file->inode : NULL;
        const char *name = area_name(&area);

        text_print(text, "%08zx-%08zx %c%c%c%c %08zx 00:%02x %zu", (size_t)area.start,
                   (size_t)area.end, area.prot & PROT_READ ? 'r' : '-',
                   area.prot & PROT_WRITE ? 'w' : '-', area.prot & PROT_EXEC ? 'x' : '-',
                   area.shared ? 's' : 'p', (size_t)area.offset, inode ? inode->device : 0,
                   (size_t)(inode ? inode->number : 0));
        if (name) {
            text_add_string(text, "                          ");
            text_add_string(text, name);
        }
        text_add_string(text, "\n");
    }
}

/* The fourth one is of the file system, and always the effective one. */
static void add_ids(struct text *text, const char *name, const struct ids *ids) {
    text_print(text, "%s:\t%u\t%u\t%u\t%u\n", name, ids->real, ids->effective, ids->saved,
               ids->effective);
}

static void status(struct text *text) {
    text_print(text,
               "Name:\t%s\nUmask:\t%04u\nState:\tR (running)\nTgid:\t%d\nNgid:\t0\nPid:\t%d\n"
               "PPid:\t0\nTracerPid:\t0\n",
               process_name(), 22, process_id, process_id);
    add_ids(text, "Uid", &credentials.users);
    add_ids(text, "Gid", &credentials.groups);
    text_add_string(text, "FDSize:\t64\nGroups:\t");
    for (size_t i = 0; i < credentials.other_count; i++)
        text_print(text, "%u ", credentials.others[i]);
    text_add_string(text, "\n");
    text_print(text, "VmPeak:\t%zu kB\nVmSize:\t%zu kB\n", (size_t)(mapped_bytes() / 1024),
               (size_t)(mapped_bytes() / 1024));
    text_print(text, "VmHWM:\t%zu kB\nVmRSS:\t%zu kB\nVmSwap:\t0 kB\nThreads:\t%zu\n",
               (size_t)(space_resident() / 1024), (size_t)(space_resident() / 1024),
               thread_count());
    text_add_string(text, "Seccomp:\t0\nCpus_allowed:\t1\nCpus_allowed_list:\t0\n"
                          "Mems_allowed_list:\t0\n");
}

void proc_stat_of(struct text *text, int tid, const char *name) {
    uint64_t ticks = clock_monotonic() / (NANOS_PER_SECOND / 100);

    text_print(text, "%d (%s) R 0 1 1 0 -1 4194304 0 0 0 0 %zu 0 0 0 20 0 %zu 0 0 %zu %zu ", tid,
               name, (size_t)ticks, thread_count(), (size_t)mapped_bytes(),
               (size_t)(space_resident() / PAGE_SIZE));
    text_add_string(text, "18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 "
                          "0 0\n");
}

static void stat(struct text *text) {
    proc_stat_of(text, process_id, process_name());
}

static void statm(struct text *text) {
    text_print(text, "%zu %zu 0 0 0 %zu 0\n", (size_t)(mapped_bytes() / PAGE_SIZE),
               (size_t)(space_resident() / PAGE_SIZE), (size_t)(mapped_bytes() / PAGE_SIZE));
}

static void mounts(struct text *text) {
    const char *path, *type;
    bool read_only;

    for (size_t i = 0; mount_describe(i, &path, &type, &read_only); i++)
        text_print(text, "%s %s %s %s 0 0\n", type, path, type, read_only ? "ro" : "rw");
}

static void mountinfo(struct text *text) {
    const char *path, *type;
    bool read_only;

    for (size_t i = 0; mount_describe(i, &path, &type, &read_only); i++) {
        const char *access = read_only ? "ro" : "rw";

        text_print(text, "%u %u 0:%u / %s %s - %s %s %s\n", (unsigned)i + 2, i ? 2U : 1U,
                   (unsigned)i + 1, path, access, type, type, access);
    }
}

static void limits(struct text *text) {
    text_add_string(text, "Limit                     Soft Limit           Hard Limit           "
                          "Units     \n"
                          "Max stack size            8388608              unlimited            "
                          "bytes     \n");
}

static void nothing(struct text *text) {
    (void)text;
}

const struct generator proc_process_files[] = {
    {"1/cgroup", nothing},      {"1/cmdline", cmdline}, {"1/comm", comm},
    {"1/environ", environ},     {"1/limits", limits},   {"1/maps", maps},
    {"1/mountinfo", mountinfo}, {"1/mounts", mounts},   {"1/stat", stat},
    {"1/statm", statm},         {"1/status", status},
};
const size_t proc_process_file_count = ARRAY_SIZE(proc_process_files);
