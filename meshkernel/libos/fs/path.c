#include "fs/path.h"

#include "core/string.h"
#include "fs/mount.h"
#include "linux/errno.h"

#define LINKS_MAX 40

/* A walk never sleeps and nothing interrupts the library OS, so one set of buffers serves all. */
static char resolved[PATH_MAX]; /* "" for the root, else "/a/b" */
static size_t resolved_length;
static char texts[2][PATH_MAX]; /* a link's target and what followed the link */
static unsigned text_in_use;

static struct inode *directory_now;
uint32_t file_creation_mask = 022;

const struct inode *working_directory(void) {
    return directory_now;
}

int set_working_directory(const struct inode *inode, const char *path) {
    struct inode *kept = inode_keep(inode, path);

    if (kept == NULL)
        return -ENOMEM;
    inode_release(directory_now);
    directory_now = kept;
    return 0;
}

static int append(const char *name, size_t length) {
    if (resolved_length + length + 2 > sizeof(resolved))
        return -ENAMETOOLONG;
    resolved[resolved_length] = '/';
    memcpy(resolved + resolved_length + 1, name, length);
    resolved_length += length + 1;
    resolved[resolved_length] = 0;
    return 0;
}

static void cut(size_t length) {
    resolved_length = length;
    resolved[length] = 0;
}

static void start_at(const struct inode *inode, struct inode *now) {
    const char *path = inode->path ? inode->path : "/";
    size_t length = strlen(path);

    *now = *inode;
    if (length >= sizeof(resolved)) /* never: what is kept was resolved here */
        length = 0;
    memcpy(resolved, path, length);
    cut(length == 1 ? 0 : length);
}

/* Up: the resolved text has no links, so it leads to the parent from the root. */
static int walk_up(struct inode *now) {
    size_t length = resolved_length;

    while (length > 0 && resolved[length - 1] != '/')
        length--;
    cut(length > 0 ? length - 1 : 0);
    *now = *root_inode();
    for (const char *name = resolved; *name;) {
        const char *end = ++name;

        while (*end && *end != '/')
            end++;
        int error = now->ops->lookup(now, name, (size_t)(end - name), now);
        if (error)
            return error;
        name = end;
    }
    return 0;
}

/* Puts a link's target before the rest of the text, which is *followed then. */
static int follow(const struct inode *link, const char *rest, const char **followed) {
    char *text = texts[text_in_use ^= 1];
    ssize_t length = link->ops->readlink(link, text, PATH_MAX);
    size_t rest_length = strlen(rest);

    if (length < 0)
        return (int)length;
    if ((size_t)length + rest_length >= PATH_MAX)
        return -ENAMETOOLONG;
    memcpy(text + length, rest, rest_length + 1);
    *followed = text;
    return 0;
}

static bool is_dots(const char *name, size_t length) {
    return length <= 2 && name[0] == '.' && (length == 1 || name[1] == '.');
}

static size_t component_length(const char *text) {
    size_t length = 0;

    while (text[length] && text[length] != '/')
        length++;
    return length;
}

static const char *skip_slashes(const char *text) {
    while (*text == '/')
        text++;
    return text;
}

/* State of one walk. */
struct progress {
    struct walk *walk;
    struct inode now;
    const char *text; /* what is left */
    unsigned flags;
    unsigned links;
};

/* The last component, or a link on the way, is a symbolic link that is to be followed. */
static int step_through_link(struct progress *progress, const struct inode *link, const char *rest,
                             size_t parent_length) {
    if (++progress->links > LINKS_MAX)
        return -ELOOP;
    if (link->ops->jump && link->ops->jump(link, &progress->now) == 0) {
        start_at(&progress->now, &progress->now);
        return 0;
    }
    int error = follow(link, rest, &progress->text);
    if (error)
        return error;
    if (*progress->text == 0)
        return -ENOENT;
    cut(parent_length);
    if (*progress->text == '/') {
        progress->now = *root_inode();
        cut(0);
    }
    return 0;
}

/* One component that is a name. */
static int step(struct progress *progress, size_t length) {
    struct walk *walk = progress->walk;
    const char *name = progress->text, *rest = name + length;
    bool last = *skip_slashes(rest) == 0;
    size_t parent_length = resolved_length;
    struct inode found;

    if (length > NAME_MAX)
        return -ENAMETOOLONG;
    int error = append(name, length);
    if (error)
        return error;
    walk->wants_directory = *rest == '/';
    if (last) {
        walk->parent = progress->now;
        walk->name = name;
        walk->name_length = length;
    }
    error = progress->now.ops->lookup(&progress->now, name, length, &found);
    progress->text = rest;
    if (error == -ENOENT && last && progress->flags & WALK_MISSING) {
        progress->now = (struct inode){.ops = NULL};
        progress->text = skip_slashes(rest);
        return 0;
    }
    if (error)
        return error;
    bool stay = last && *rest == 0 && progress->flags & WALK_NOFOLLOW;
    if (inode_type(&found) == S_IFLNK && !stay)
        return step_through_link(progress, &found, rest, parent_length);
    progress->now = found;
    return 0;
}

static int step_dots(struct progress *progress, size_t length) {
    progress->walk->parent.ops = NULL;
    progress->walk->name_length = length;
    progress->walk->name = progress->text;
    progress->walk->wants_directory = true;
    progress->text += length;
    return length == 2 ? walk_up(&progress->now) : 0;
}

int path_walk(const struct inode *start, const char *text, unsigned flags, struct walk *walk) {
    struct progress progress = {.walk = walk, .text = text, .flags = flags};

    *walk = (struct walk){.path = "/"};
    if (*text == 0)
        return -ENOENT;
    start_at(*text == '/' ? root_inode() : start ? start : working_directory(), &progress.now);
    while (*(progress.text = skip_slashes(progress.text))) {
        if (inode_type(&progress.now) != S_IFDIR)
            return -ENOTDIR;
        size_t length = component_length(progress.text);
        int error =
            is_dots(progress.text, length) ? step_dots(&progress, length) : step(&progress, length);
        if (error)
            return error;
    }
    walk->inode = progress.now;
    walk->inode.path = NULL;
    walk->path = resolved_length ? resolved : "/";
    if (walk->wants_directory && walk->inode.ops && inode_type(&walk->inode) != S_IFDIR)
        return -ENOTDIR;
    return 0;
}
