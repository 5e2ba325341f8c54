/* Read-only files over the image's own: those of the boot configuration, and the few of /etc that
 * follow from it where the boot configuration has none of that name. */
#include "core/alloc.h"
#include "core/boot.h"
#include "core/pages.h"
#include "core/print.h"
#include "core/string.h"
#include "fs/mount.h"
#include "fs/text.h"
#include "fs/tree.h"
#include "linux/errno.h"
#include "mm/space.h"

static const char *contents(struct node *node);

static ssize_t overlay_read(struct file *file, struct io *io, uint64_t *offset) {
    struct node *node = file->private;
    const char *bytes = contents(node);

    if (*offset >= node->size)
        return 0;
    ssize_t count = io_to_user(io, bytes + *offset, node->size - *offset);
    if (count > 0)
        *offset += (uint64_t)count;
    return count;
}

static void *overlay_page(struct file *file, uint64_t index) {
    struct node *node = file->private;
    const char *bytes = contents(node);
    uint64_t offset = index << PAGE_SHIFT;

    if (index > node->size >> PAGE_SHIFT || offset >= node->size)
        return NULL;
    void *page = page_alloc();
    if (page)
        memcpy(page, bytes + offset, MIN(PAGE_SIZE, node->size - offset));
    return page;
}

static const struct file_ops overlay_ops = {
    .read = overlay_read,
    .page = overlay_page,
    .seekable = true,
};

static int overlay_open(struct node *node, int flags, struct file **file) {
    *file = file_new(&overlay_ops, node, flags);
    return *file ? 0 : -ENOMEM;
}

static uint64_t overlay_size(const struct node *node) {
    (void)contents((struct node *)node); /* which is what makes it */
    return node->size;
}

static const struct node_kind overlay_kind = {.open = overlay_open, .size = overlay_size};

struct node *overlay_add(const char *path, const char *bytes, size_t size) {
    struct node *node = tree_make(root_tree()->root, path, S_IFREG | 0444);

    if ((node->mode & S_IFMT) != S_IFREG)
        panic("a file of the boot configuration has the path of a directory");
    node->kind = &overlay_kind;
    node->data = (void *)bytes;
    node->size = size;
    return node;
}

static bool is_in_boot(const char *path) {
    for (size_t i = 0; i < boot.file_count; i++)
        if (strcmp(boot.files[i].path, path) == 0)
            return true;
    return false;
}

static void add_address(struct text *text, uint32_t address) {
    const uint8_t *bytes = (const uint8_t *)&address;

    text_print(text, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
}

static void hosts(struct text *text) {
    text_add_string(text, "127.0.0.1 localhost\n");
    if (boot.hostname) {
        if (boot.address)
            add_address(text, boot.address);
        else
            text_add_string(text, "127.0.1.1");
        text_print(text, " %s\n", boot.hostname);
    }
    for (size_t i = 0; i < boot.host_count; i++) {
        add_address(text, boot.hosts[i].address);
        text_print(text, " %s\n", boot.hosts[i].name);
    }
}

static void hostname(struct text *text) {
    text_print(text, "%s\n", boot.hostname ? boot.hostname : "localhost");
}

static void resolver(struct text *text) {
    text_add_string(text, "# Names come from /etc/hosts alone.\n");
}

static void name_services(struct text *text) {
    text_add_string(text, "hosts: files\npasswd: files\ngroup: files\n");
}

static void users(struct text *text) {
    text_add_string(text, "root:x:0:0:root:/root:/sbin/nologin\n"
                          "nobody:x:65534:65534:nobody:/:/sbin/nologin\n");
}

static void groups(struct text *text) {
    text_add_string(text, "root:x:0:\nnogroup:x:65534:\n");
}

/* Made when somebody wants to know: a service that is ready has seldom asked for one. */
static struct generated {
    const char *path;
    void (*generate)(struct text *text);
    struct node *node; /* NULL: the boot configuration has a file of that name */
} generated[] = {
    /* These follow from the configuration: */
    {"/etc/hostname", hostname, NULL},
    {"/etc/hosts", hosts, NULL},
    /* and these do not: */
    {"/etc/group", groups, NULL},
    {"/etc/nsswitch.conf", name_services, NULL},
    {"/etc/passwd", users, NULL},
    {"/etc/resolv.conf", resolver, NULL},
};
#define FOLLOWING 2

static void generate(const struct generated *each) {
    struct text text = {.bytes = NULL};

    each->generate(&text);
    if (text.failed)
        out_of_memory();
    each->node->data = text.bytes;
    each->node->size = text.size;
}

static const char *contents(struct node *node) {
    for (size_t i = 0; node->data == NULL && i < ARRAY_SIZE(generated); i++)
        if (generated[i].node == node)
            generate(&generated[i]);
    return node->data;
}

static void add_files(void) {
    for (size_t i = 0; i < boot.file_count; i++)
        overlay_add(boot.files[i].path, boot.files[i].contents, boot.files[i].size);
}

void overlay_init(void) {
    for (size_t i = 0; i < ARRAY_SIZE(generated); i++)
        if (!is_in_boot(generated[i].path))
            generated[i].node = overlay_add(generated[i].path, NULL, 0);
    add_files();
}

/* The sealed configuration had no files, so there are none to take back. */
void overlay_continue(void) {
    for (size_t i = 0; i < FOLLOWING; i++) {
        kfree(generated[i].node->data);
        generated[i].node->data = NULL;
        if (is_in_boot(generated[i].path))
            generated[i].node = NULL;
    }
    add_files();
}
