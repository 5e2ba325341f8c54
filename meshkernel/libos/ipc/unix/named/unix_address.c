/* Names of local sockets: paths, which are inodes of a file system in memory, and abstract ones (a
 * NUL first). */
#include "core/string.h"
#include "fs/path.h"
#include "ipc/unix/named/named.h"
#include "linux/errno.h"

#define AUTOBIND_NAMES (1u << 20)

static struct list named = LIST_INIT(named);

/* The path of an address, ended with NUL, or "" for an abstract one. */
static int path_of(const struct socket_address *address, char path[UNIX_PATH_MAX + 1]) {
    if (address->size <= FAMILY_SIZE || address->size > FAMILY_SIZE + UNIX_PATH_MAX ||
        address->family != AF_UNIX)
        return -EINVAL;
    size_t size = address->size - FAMILY_SIZE;
    memcpy(path, address->bytes + FAMILY_SIZE, size);
    path[size] = 0;
    return 0;
}

static bool is_abstract(const char *path) {
    return path[0] == 0;
}

static struct unix_socket *find_abstract(const struct socket_address *address) {
    LIST_FOR_EACH(link, &named) {
        struct unix_socket *socket = LIST_ENTRY(link, struct unix_socket, name_link);

        if (socket->name.address.size == address->size &&
            memcmp(socket->name.address.bytes, address->bytes, address->size) == 0)
            return socket;
    }
    return NULL;
}

static struct unix_socket *find_inode(const struct inode *inode) {
    LIST_FOR_EACH(link, &named) {
        struct unix_socket *socket = LIST_ENTRY(link, struct unix_socket, name_link);

        if (socket->name.inode == inode->number && socket->name.device == inode->device)
            return socket;
    }
    return NULL;
}

static int make_inode(const char *path, struct unix_name *name) {
    struct walk walk;
    struct inode created;
    int error = path_walk(NULL, path, WALK_NOFOLLOW | WALK_MISSING, &walk);

    if (error)
        return error;
    if (walk.inode.ops)
        return -EADDRINUSE;
    if (walk.parent.ops->create == NULL)
        return -EROFS;
    error = walk.parent.ops->create(&walk.parent, walk.name, walk.name_length,
                                    S_IFSOCK | (0777 & ~file_creation_mask), NULL, &created);
    if (error)
        return error;
    name->inode = created.number;
    name->device = created.device;
    return 0;
}

/* unix(7), "Autobind": an abstract name of five hexadecimal digits, if the application has none. */
static int choose_name(struct unix_socket *socket) {
    static uint32_t next;

    if (socket->name.address.size)
        return 0;
    for (uint32_t tried = 0; tried < AUTOBIND_NAMES; tried++, next++) {
        struct unix_name name = {.address = {.size = FAMILY_SIZE + 6, .family = AF_UNIX}};

        for (unsigned digit = 0; digit < 5; digit++)
            name.address.bytes[FAMILY_SIZE + 1 + digit] =
                (uint8_t)"0123456789abcdef"[next >> (4 * (4 - digit)) & 15];
        if (find_abstract(&name.address))
            continue;
        socket->name = name;
        list_append(&named, &socket->name_link);
        return 0;
    }
    return -ENOSPC;
}

int unix_bind(struct file *file, const struct socket_address *address) {
    struct unix_socket *socket = unix_of(file);
    char path[UNIX_PATH_MAX + 1];

    if (address->size == FAMILY_SIZE && address->family == AF_UNIX)
        return choose_name(socket);
    int error = path_of(address, path);
    if (error)
        return error;
    if (socket->name.address.size)
        return -EINVAL;
    struct unix_name name = {.address = *address};
    if (is_abstract(path)) {
        error = find_abstract(address) ? -EADDRINUSE : 0;
    } else {
        name.address.size = FAMILY_SIZE + (uint32_t)strlen(path) + 1; /* with the NUL, as Linux */
        error = make_inode(path, &name);
    }
    if (error)
        return error;
    socket->name = name;
    list_append(&named, &socket->name_link);
    return 0;
}

int unix_find(const struct socket_address *address, struct unix_socket **found) {
    char path[UNIX_PATH_MAX + 1];
    struct walk walk;
    int error = path_of(address, path);

    if (error)
        return error;
    if (is_abstract(path)) {
        *found = find_abstract(address);
        return *found ? 0 : -ECONNREFUSED;
    }
    error = path_walk(NULL, path, 0, &walk);
    if (error)
        return error;
    *found = inode_type(&walk.inode) == S_IFSOCK ? find_inode(&walk.inode) : NULL;
    return *found ? 0 : -ECONNREFUSED;
}
