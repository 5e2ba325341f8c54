/* /dev/seal, in a machine that is for sealing, and the fork that seals: by clone, as C libraries
 * make it. The call fork is left out, since an image would have this library for its name alone. */
#include "core/alloc.h"
#include "core/boot.h"
#include "core/print.h"
#include "core/string.h"
#include "fs/devfs.h"
#include "linux/errno.h"
#include "linux/process.h"
#include "seal/internal.h"
#include "seal/seal.h"

#define SEALING_PROCESS 2
#define NUMBER_FORK 57

static bool armed;

static ssize_t read_hindrances(struct io *io, uint64_t *offset) {
    struct text lines = {.bytes = NULL};
    ssize_t count = 0;

    seal_hindrances(&lines);
    if (lines.failed)
        count = -ENOMEM;
    else if (*offset < lines.size)
        count = io_to_user(io, lines.bytes + *offset, lines.size - *offset);
    if (count > 0)
        *offset += (uint64_t)count;
    kfree(lines.bytes);
    return count;
}

/* Strings with the 0 behind each, as they lie in memory. */
static ssize_t read_environment(struct io *io, uint64_t *offset) {
    uint64_t skip = *offset;
    ssize_t total = 0;

    for (size_t i = 0; i < boot.environment_count && io->left > 0; i++) {
        size_t size = strlen(boot.environment[i]) + 1;
        size_t from = (size_t)MIN(skip, (uint64_t)size);

        skip -= from;
        ssize_t count = io_to_user(io, boot.environment[i] + from, size - from);
        if (count < 0)
            return total > 0 ? total : count;
        total += count;
        *offset += (uint64_t)count;
    }
    return total;
}

/* Behind the seal nothing is in the way any more. */
static ssize_t seal_read(struct file *file, struct io *io, uint64_t *offset) {
    (void)file;
    return boot.seal ? read_hindrances(io, offset) : read_environment(io, offset);
}

static bool is_hindered(void) {
    struct text lines = {.bytes = NULL};

    seal_hindrances(&lines);
    kfree(lines.bytes);
    return lines.size > 0 || lines.failed;
}

AT_THE_SEAL static ssize_t seal_write(struct file *file, struct io *io, uint64_t *offset) {
    char word[5] = {0};

    (void)file, (void)offset;
    if (!boot.seal)
        return -ENXIO; /* behind the seal */
    ssize_t count = io_from_user(io, word, sizeof(word) - 1);
    if (count < 0)
        return count;
    io->left = 0; /* a newline may follow */
    if (strcmp(word, "seal") != 0)
        return -EINVAL;
    if (is_hindered())
        return -EBUSY;
    armed = true;
    return count;
}

static const struct file_ops seal_ops = {.read = seal_read, .write = seal_write, .seekable = true};

AT_THE_SEAL static int64_t fork(uint64_t flags, uaddr_t child_tid) {
    if (!armed)
        return report_missing_call(NUMBER_FORK, "fork");
    armed = false;
    if (is_hindered())
        return -EBUSY;
    seal_hand_over(flags, child_tid);
}

AT_THE_SEAL static void seal_init(void) {
    if (!boot.seal)
        return;
    process_id = SEALING_PROCESS;
    process_fork = fork;
    devfs_add("seal", 0600, &seal_ops);
    seal_run(SEAL_BEGIN);
}
START(START_DEVICES, seal_init);
