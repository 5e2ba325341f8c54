/* Attributes by name: those of the name spaces user, trusted and security. The first is for files
 * and directories alone. */
#include "linux/xattr/xattr.h"

#include "core/alloc.h"
#include "core/string.h"
#include "fs/attribute.h"
#include "linux/errno.h"

#define XATTR_CREATE 1
#define XATTR_REPLACE 2
#define VALUE_MAX 65536u
#define TOTAL_MAX (UINT64_C(1) << 20) /* of one inode: they are in the library OS's own memory */

static const char *const spaces[] = {"user.", "trusted.", "security."};

/* Also whether this kind of file may have it: `change` tells how the answer is put. */
static int check_name(const struct inode *inode, const char *name, bool change) {
    uint32_t type = inode_type(inode);

    for (size_t i = 0; i < ARRAY_SIZE(spaces); i++) {
        size_t length = strlen(spaces[i]);

        if (strncmp(name, spaces[i], length) != 0)
            continue;
        if (name[length] == 0)
            return -EINVAL;
        if (i == 0 && type != S_IFREG && type != S_IFDIR)
            return change ? -EPERM : -ENODATA;
        return 0;
    }
    return -EOPNOTSUPP;
}

static int list_of(const struct inode *inode, bool change, struct list **list) {
    if (inode->ops->attributes)
        return inode->ops->attributes(inode, change, list);
    return change && inode_is_read_only(inode) ? -EROFS : -EOPNOTSUPP;
}

static struct attribute *find(const struct list *list, const char *name) {
    LIST_FOR_EACH(link, list) {
        struct attribute *attribute = LIST_ENTRY(link, struct attribute, link);

        if (strcmp(attribute->bytes, name) == 0)
            return attribute;
    }
    return NULL;
}

static size_t total(const struct list *list) {
    size_t sum = 0;

    LIST_FOR_EACH(link, list) {
        const struct attribute *attribute = LIST_ENTRY(link, struct attribute, link);

        sum += sizeof(*attribute) + attribute->name_length + 1 + attribute->size;
    }
    return sum;
}

static int make(const char *name, uaddr_t value, size_t size, struct attribute **made) {
    size_t length = strlen(name);
    struct attribute *attribute = kmalloc(sizeof(*attribute) + length + 1 + size);

    if (attribute == NULL)
        return -ENOMEM;
    attribute->name_length = length;
    attribute->size = size;
    memcpy(attribute->bytes, name, length + 1);
    if (size && copy_from_user(attribute->bytes + length + 1, value, size)) {
        kfree(attribute);
        return -EFAULT;
    }
    *made = attribute;
    return 0;
}

static void drop(struct attribute *attribute) {
    list_remove(&attribute->link);
    kfree(attribute);
}

int64_t attribute_set(const struct inode *inode, const char *name, uaddr_t value, size_t size,
                      int flags) {
    struct attribute *made;
    struct list *list;

    if (flags & ~(XATTR_CREATE | XATTR_REPLACE))
        return -EINVAL;
    if (size > VALUE_MAX)
        return -E2BIG;
    int error = check_name(inode, name, true);
    if (error == 0)
        error = list_of(inode, true, &list);
    if (error)
        return error;
    struct attribute *old = find(list, name);
    if (old && flags & XATTR_CREATE)
        return -EEXIST;
    if (old == NULL && flags & XATTR_REPLACE)
        return -ENODATA;
    if (total(list) + size > TOTAL_MAX)
        return -ENOSPC;
    error = make(name, value, size, &made);
    if (error)
        return error;
    if (old)
        drop(old);
    list_append(list, &made->link);
    return 0;
}

int64_t attribute_get(const struct inode *inode, const char *name, uaddr_t to, size_t size) {
    struct list *list;
    int error = check_name(inode, name, false);

    if (error == 0)
        error = list_of(inode, false, &list);
    if (error)
        return error;
    const struct attribute *attribute = find(list, name);
    if (attribute == NULL)
        return -ENODATA;
    if (size == 0)
        return (int64_t)attribute->size;
    if (size < attribute->size)
        return -ERANGE;
    error = copy_to_user(to, attribute->bytes + attribute->name_length + 1, attribute->size);
    return error ? error : (int64_t)attribute->size;
}

int64_t attribute_list(const struct inode *inode, uaddr_t to, size_t size) {
    struct list *list;
    size_t needed = 0;
    int error = list_of(inode, false, &list);

    if (error)
        return error == -EOPNOTSUPP ? 0 : error;
    LIST_FOR_EACH(link, list) {
        const struct attribute *attribute = LIST_ENTRY(link, struct attribute, link);
        size_t length = attribute->name_length + 1;

        if (size && needed + length > size)
            return -ERANGE;
        if (size && copy_to_user(to + needed, attribute->bytes, length))
            return -EFAULT;
        needed += length;
    }
    return (int64_t)needed;
}

int64_t attribute_remove(const struct inode *inode, const char *name) {
    struct list *list;
    int error = check_name(inode, name, true);

    if (error == 0)
        error = list_of(inode, true, &list);
    if (error)
        return error;
    struct attribute *attribute = find(list, name);
    if (attribute == NULL)
        return -ENODATA;
    drop(attribute);
    return 0;
}
