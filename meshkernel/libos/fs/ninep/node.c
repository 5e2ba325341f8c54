/* Names that were looked up, and the fids that they hold. */
#include "core/alloc.h"
#include "core/print.h"
#include "fs/ninep/volume.h"
#include "linux/errno.h"

#define RECENT_MAX 16 /* nodes without references that keep their fid */

static uint32_t type_of(struct qid qid) {
    if (qid.type & QID_DIRECTORY)
        return S_IFDIR;
    return qid.type & QID_LINK ? S_IFLNK : S_IFREG;
}

/* The permissions are asked for when they are wanted (stat, access). */
struct inode volume_inode(const struct node *node) {
    return (struct inode){.ops = &volume_ops,
                          .number = node->path,
                          .device = node->volume->device,
                          .mode = node->type | (node->type == S_IFDIR ? 0755 : 0777),
                          .data = node};
}

/* A node with a fid that the server does not know yet. */
static struct node *new_node(struct volume *volume) {
    struct node *node;

    if (!list_empty(&volume->unused)) {
        node = LIST_FIRST(&volume->unused, struct node, link);
        list_remove(&node->link);
    } else {
        node = knew(struct node);
        if (node == NULL)
            return NULL;
        list_init(&node->link);
        node->volume = volume;
        node->fid = ++volume->last_fid;
    }
    node->references = 1;
    return node;
}

static void reuse(struct node *node) {
    list_append(&node->volume->unused, &node->link);
}

/* The reply to a clunk: whatever it says, the fid is free again (9P2000, clunk). */
void node_clunked(struct request *request) {
    struct volume *volume =
        CONTAINER_OF(request - (request->tag - TAG_CLUNKS), struct volume, clunks[0]);
    struct node **clunked = &volume->clunked[request->tag - TAG_CLUNKS];

    reuse(*clunked);
    *clunked = NULL;
}

static unsigned free_clunk(struct volume *volume) {
    nanos_t deadline = request_patience();

    for (;;) {
        for (unsigned i = 0; i < CLUNKS; i++)
            if (volume->clunked[i] == NULL)
                return i;
        request_poll_once(volume->transport, deadline);
    }
}

/* Nobody waits for the reply. */
static void clunk(struct node *node) {
    struct volume *volume = node->volume;
    unsigned i = free_clunk(volume);
    struct request *request = &volume->clunks[i];

    volume->clunked[i] = node;
    put32(request_begin(request, TCLUNK), node->fid);
    request_send(volume->transport, request);
}

static void forget_oldest(struct volume *volume) {
    struct node *oldest = LIST_FIRST(&volume->recent, struct node, link);

    list_remove(&oldest->link);
    volume->recent_count--;
    clunk(oldest);
}

void node_hold(struct node *node) {
    if (node->references++ == 0) {
        list_remove(&node->link);
        node->volume->recent_count--;
    }
}

void node_release(struct node *node) {
    struct volume *volume = node->volume;

    assert(node->references > 0);
    if (--node->references > 0)
        return;
    list_append(&volume->recent, &node->link);
    if (++volume->recent_count > RECENT_MAX)
        forget_oldest(volume);
}

void node_discard(struct node *node) {
    assert(node->references == 1);
    clunk(node);
}

/* After a reply that made no sense nobody knows whether the server has the fid: it is never used
 * again. */
static void drop_failed(struct node *node, int error) {
    if (error == -EIO)
        kfree(node);
    else
        reuse(node);
}

int node_walk(const struct node *directory, const char *name, size_t length, struct node **found) {
    struct volume *volume = directory->volume;
    struct node *node = new_node(volume);
    struct qid qid = {.path = directory->path};

    if (node == NULL)
        return -ENOMEM;
    int error = client_walk(volume, directory->fid, node->fid, name, length, &qid);
    if (error) {
        drop_failed(node, error);
        return error;
    }
    node->path = qid.path;
    node->type = name ? type_of(qid) : directory->type;
    *found = node;
    return 0;
}

int node_clone(const struct node *node, struct node **copy) {
    return node_walk(node, NULL, 0, copy);
}
