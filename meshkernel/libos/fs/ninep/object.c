/* Files that are open, whatever their names.
 *
 * A server of 9P reads and writes an open fid whose file has lost its name, but it answers for the
 * attributes by the name that it remembers: QEMU would say ENOENT, or tell of the file that has the
 * name now. So, before the name of an open file goes - by unlink, or by a rename over it - the file
 * gets another one in a folder at the volume's root that nobody sees, until it is closed. A folder
 * with names that a killed machine left is emptied by the next one.
 */
#include "core/alloc.h"
#include "core/print.h"
#include "core/string.h"
#include "fs/ninep/volume.h"
#include "linux/errno.h"

#define TRASH_MODE (S_IFDIR | 0700)
#define NUMBER_SIZE 12

struct object *object_find(const struct volume *volume, uint64_t path) {
    LIST_FOR_EACH(link, &volume->objects) {
        struct object *object = LIST_ENTRY(link, struct object, link);

        if (object->path == path)
            return object;
    }
    return NULL;
}

struct object *object_open(struct volume *volume, uint64_t path) {
    struct object *object = object_find(volume, path);

    if (object == NULL) {
        object = knew(struct object);
        if (object == NULL)
            return NULL;
        object->path = path;
        list_init(&object->pages);
        list_append(&volume->objects, &object->link);
    }
    object->opens++;
    return object;
}

static size_t name_of(uint32_t number, char name[NUMBER_SIZE]) {
    return format(name, NUMBER_SIZE, "%u", number);
}

/* The error is of no use to anybody: the folder is emptied when the volume is mounted again. */
static void remove_orphan(struct volume *volume, struct object *object) {
    char name[NUMBER_SIZE];

    (void)client_unlink(volume->trash, name, name_of(object->orphan_number, name), false);
    node_release(object->orphan);
    object->orphan = NULL;
}

void object_close(struct volume *volume, struct object *object) {
    assert(object->opens > 0);
    if (--object->opens > 0)
        return;
    if (object->orphan)
        remove_orphan(volume, object);
    object_drop_pages(object);
    list_remove(&object->link);
    kfree(object);
}

const struct node *object_attributes_node(const struct node *node) {
    const struct object *object = object_find(node->volume, node->path);

    return object && object->orphan ? object->orphan : node;
}

static int find_trash(struct volume *volume) {
    if (volume->trash)
        return 0;
    int error = client_make_directory(volume->root, TRASH_NAME, TRASH_LENGTH, TRASH_MODE);
    if (error && error != -EEXIST)
        return error;
    return node_walk(volume->root, TRASH_NAME, TRASH_LENGTH, &volume->trash);
}

static int keep(struct node *node, struct object *object) {
    struct volume *volume = node->volume;
    char name[NUMBER_SIZE];
    int error = find_trash(volume);

    if (error)
        return error;
    object->orphan_number = ++volume->last_orphan;
    size_t length = name_of(object->orphan_number, name);
    error = client_link(node, volume->trash, name, length);
    if (error)
        return error;
    error = node_walk(volume->trash, name, length, &object->orphan);
    if (error)
        (void)client_unlink(volume->trash, name, length, false);
    return error;
}

int orphan_prepare(const struct node *directory, const char *name, size_t length,
                   struct object **orphaned) {
    struct volume *volume = directory->volume;
    struct node *node;

    *orphaned = NULL;
    if (list_empty(&volume->objects))
        return 0;
    int error = node_walk(directory, name, length, &node);
    if (error)
        return error == -ENOENT ? 0 : error;
    struct object *object = node->type == S_IFREG ? object_find(volume, node->path) : NULL;
    if (object && object->orphan == NULL) {
        error = keep(node, object);
        if (error == 0)
            *orphaned = object;
    }
    node_release(node);
    return error;
}

void orphan_undo(struct volume *volume, struct object *object) {
    if (object)
        remove_orphan(volume, object);
}

bool is_trash(const struct node *directory, const char *name, size_t length) {
    return directory->path == directory->volume->root->path && length == TRASH_LENGTH &&
           memcmp(name, TRASH_NAME, TRASH_LENGTH) == 0;
}

/* Names to remove: a few at a time, since nothing may be asked while a reply is read. */
struct leftovers {
    struct entry_taker taker;
    char names[32][NUMBER_SIZE];
    size_t count;
};

static bool take_leftover(struct entry_taker *taker, const char *name, size_t length,
                          struct qid qid, uint8_t type, uint64_t position) {
    struct leftovers *left = CONTAINER_OF(taker, struct leftovers, taker);

    (void)qid, (void)type, (void)position;
    if (length >= NUMBER_SIZE || name[0] == '.')
        return true;
    memcpy(left->names[left->count], name, length);
    left->names[left->count++][length] = 0;
    return left->count < ARRAY_SIZE(left->names);
}

static int remove_some(struct volume *volume, size_t *removed) {
    struct leftovers left = {.taker = {take_leftover}};
    struct node *listing;
    size_t count;
    int error = node_clone(volume->trash, &listing);

    *removed = 0;
    if (error)
        return error;
    error = client_open(listing, 0);
    if (error == 0)
        error = client_list(listing, 0, &left.taker, &count);
    node_discard(listing);
    for (size_t i = 0; error == 0 && i < left.count; i++)
        error = client_unlink(volume->trash, left.names[i], strlen(left.names[i]), false);
    *removed = left.count;
    return error;
}

int orphans_remove(struct volume *volume) {
    size_t removed = 1;
    int error = node_walk(volume->root, TRASH_NAME, TRASH_LENGTH, &volume->trash);

    if (error)
        return error == -ENOENT ? 0 : error;
    while (error == 0 && removed > 0)
        error = remove_some(volume, &removed);
    return error;
}
