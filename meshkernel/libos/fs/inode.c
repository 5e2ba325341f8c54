#include "fs/inode.h"

#include "core/alloc.h"
#include "core/string.h"

struct inode *inode_keep(const struct inode *inode, const char *path) {
    size_t size = strlen(path) + 1;
    struct inode *kept = kmalloc(sizeof(*kept) + size);

    if (kept == NULL)
        return NULL;
    *kept = *inode;
    kept->path = memcpy(kept + 1, path, size);
    if (kept->ops->get)
        kept->ops->get(kept);
    return kept;
}

bool inode_is_read_only(const struct inode *inode) {
    struct fs_statistics statistics = {0};

    if (inode->ops->is_read_only)
        return inode->ops->is_read_only(inode);
    inode->ops->statistics(inode, &statistics);
    return statistics.read_only;
}

void inode_release(struct inode *inode) {
    if (inode == NULL)
        return;
    if (inode->ops->put)
        inode->ops->put(inode);
    kfree(inode);
}
