#include "fs/proc/generated.h"

#include "core/alloc.h"
#include "linux/errno.h"

static ssize_t generated_read(struct file *file, struct io *io, uint64_t *offset) {
    const struct text *text = file->private;

    if (*offset >= text->size)
        return 0;
    ssize_t count = io_to_user(io, text->bytes + *offset, text->size - *offset);
    if (count > 0)
        *offset += (uint64_t)count;
    return count;
}

static ssize_t generated_write(struct file *file, struct io *io, uint64_t *offset) {
    (void)file, (void)io, (void)offset;
    return -EACCES;
}

static void generated_release(struct file *file) {
    struct text *text = file->private;

    kfree(text->bytes);
    kfree(text);
}

static const struct file_ops generated_ops = {
    .read = generated_read,
    .write = generated_write,
    .release = generated_release,
    .seekable = true,
};

int generated_open(struct text *text, int flags, struct file **file) {
    struct text *kept = text->failed ? NULL : knew(struct text);

    *file = kept ? file_new(&generated_ops, kept, flags) : NULL;
    if (*file == NULL) {
        kfree(kept);
        kfree(text->bytes);
        return -ENOMEM;
    }
    *kept = *text;
    return 0;
}

static int open_generator(struct node *node, int flags, struct file **file) {
    const struct generator *generator = node->data;
    struct text text = {.bytes = NULL};

    generator->generate(&text);
    return generated_open(&text, flags, file);
}

const struct node_kind generated_kind = {.open = open_generator};
