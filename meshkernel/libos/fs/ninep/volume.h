/* A volume: a directory of the host, mounted at a path. What the files of this library share.
 *
 * Three kinds of things stand behind a path. A **node** is a name that was looked up: a fid of the
 * server, which the inode holds. An **object** is the file that one or more names lead to, while it
 * is open. An **open file** has a fid of its own, which the server has opened.
 */
#pragma once

#include "core/list.h"
#include "core/wait.h"
#include "fs/inode.h"
#include "fs/ninep/request.h"

#define VOLUME_REQUESTS 4                    /* that may sleep at once */
#define VOLUME_MESSAGE (UINT32_C(128) << 10) /* bytes of one message at most, either way */
#define CLUNKS 16                            /* fids that are being given back */
#define TAG_CLUNKS 64u                       /* of the first of them */

/* A name that was looked up. One without references stays until RECENT_MAX later look-ups: a walk
 * holds its parent, itself and where it is, and no more (fs/inode.h). */
struct node {
    struct list link; /* among the recent ones, while it has no references */
    struct volume *volume;
    unsigned references;
    uint32_t fid;
    uint32_t type; /* S_IFDIR, S_IFLNK, or S_IFREG for all else */
    uint64_t path; /* of the qid: the file, whatever its name */
};

/* A regular file that is open. */
struct object {
    struct list link;
    uint64_t path;
    unsigned opens;
    struct node *orphan; /* its last name was removed: how its attributes are still reached */
    uint32_t orphan_number;
    struct list pages; /* groups of pages that are mapped (pages.c) */
    size_t page_count, sweep_at;
    bool written_by_maps; /* some page may have what the server does not */
};

struct volume {
    struct transport *transport;
    const char *path; /* where it is mounted */
    bool read_only;
    uint32_t device;           /* st_dev */
    uint32_t message_size;     /* agreed on: of one message, either way */
    struct node *root, *trash; /* trash: NULL until it is needed */
    uint32_t last_fid, last_orphan;
    struct list recent, unused; /* nodes: without references; without a fid in use */
    unsigned recent_count;
    struct list objects;
    struct request names, faults, transfers[VOLUME_REQUESTS], clunks[CLUNKS];
    bool transfer_busy[VOLUME_REQUESTS];
    struct node *clunked[CLUNKS]; /* the node that each clunk gives back, or NULL */
    struct wait_queue transfer_free;
};

/* The name at the root under which files live on that are open and have no other name. */
#define TRASH_NAME ".meshkernel"
#define TRASH_LENGTH (sizeof(TRASH_NAME) - 1)

/* volume.c: agrees with the server on the protocol; 0 or -errno. */
int volume_start(struct volume *volume, struct transport *transport);

/* Mounts the volume with this tag where the boot configuration has it, for as long as the machine
 * runs; panics with a sentence when that cannot be. */
void volume_mount(const char *tag, struct transport *transport);

/* buffers.c: the requests and their memory. A transfer's large buffer comes when it is first
 * needed, but for one, so that no transfer fails for want of memory. */
int volume_buffers(struct volume *volume);         /* 0 or -ENOMEM */
int request_large_buffer(struct request *request); /* 0 or -ENOMEM */
void request_aim(struct request *request, bool large_out, bool large_in);
struct request *transfer_acquire(struct volume *volume); /* may sleep */
void transfer_release(struct volume *volume, struct request *request);

/* node.c */
int node_walk(const struct node *directory, const char *name, size_t length, struct node **found);
int node_clone(const struct node *node, struct node **copy); /* another fid for the same */
void node_hold(struct node *node);
void node_release(struct node *node);
void node_discard(struct node *node); /* a clone: its fid is given back at once */
void node_clunked(struct request *request);
struct inode volume_inode(const struct node *node);

/* client.c: the requests about names and attributes, all polled. 0 or -errno. */
struct attributes {
    uint32_t mode, user, group;
    uint64_t links, rdev, size, block_size, blocks;
    uint64_t access_seconds, access_nanos, modified_seconds, modified_nanos, changed_seconds,
        changed_nanos;
};

/* Bits of `valid` (Tsetattr). */
#define SET_MODE 0x001u
#define SET_USER 0x002u
#define SET_GROUP 0x004u
#define SET_SIZE 0x008u
#define SET_ACCESS 0x010u
#define SET_MODIFIED 0x020u
#define SET_ACCESS_VALUE 0x080u
#define SET_MODIFIED_VALUE 0x100u

struct settings {
    uint32_t valid, mode, user, group;
    uint64_t size, access, modified; /* bytes; nanoseconds since 1970 */
};

int client_version(struct volume *volume, uint32_t message_size);
int client_attach(struct volume *volume, uint32_t fid, struct qid *qid);
int client_walk(struct volume *volume, uint32_t from, uint32_t to, const char *name, size_t length,
                struct qid *qid); /* `name` NULL: a clone */
int client_attributes(const struct node *node, struct attributes *attributes);
int client_set(const struct node *node, const struct settings *settings);
int client_open(const struct node *node, uint32_t flags);
int client_make_file(const struct node *directory, const char *name, size_t length, uint32_t mode);
int client_make_directory(const struct node *directory, const char *name, size_t length,
                          uint32_t mode);
int client_make_link(const struct node *directory, const char *name, size_t length,
                     const char *target);
int client_link(const struct node *node, const struct node *directory, const char *name,
                size_t length);
int client_unlink(const struct node *directory, const char *name, size_t length, bool is_directory);
int client_rename(const struct node *from, const char *name, size_t length, const struct node *to,
                  const char *new_name, size_t new_length);
ssize_t client_readlink(const struct node *link, char *to, size_t size);
int client_statistics(const struct node *node, struct fs_statistics *statistics);

/* Entries behind the position of the server; `take` says false to stop. What it is given is good
 * during the call only, and it may ask nothing of the volume. */
struct entry_taker {
    bool (*take)(struct entry_taker *taker, const char *name, size_t length, struct qid qid,
                 uint8_t type, uint64_t position);
};
int client_list(const struct node *directory, uint64_t position, struct entry_taker *taker,
                size_t *count);

/* Bytes of an open fid, to or from the request's own buffer. Both sleep unless `polled`. */
ssize_t client_read(struct request *request, const struct node *node, uint64_t offset, size_t size,
                    uint8_t **bytes, bool polled);
uint8_t *client_write_begin(struct request *request, const struct node *node, uint64_t offset,
                            size_t size); /* where the bytes go; once more: another offset */
ssize_t client_write(struct request *request, const struct node *node, size_t size, bool polled);
int client_sync(struct request *request, const struct node *node, bool data_only);
size_t client_transfer_most(const struct volume *volume); /* bytes of one read or write */

/* object.c */
struct object *object_open(struct volume *volume, uint64_t path); /* NULL: out of memory */
void object_close(struct volume *volume, struct object *object);
struct object *object_find(const struct volume *volume, uint64_t path);
/* The node by which the attributes of an inode are reached. */
const struct node *object_attributes_node(const struct node *node);
/* Before a name is taken from a file: keeps the file reachable if it is open. `orphan_undo` when
 * the name stays after all. */
int orphan_prepare(const struct node *directory, const char *name, size_t length,
                   struct object **orphaned);
void orphan_undo(struct volume *volume, struct object *object);
int orphans_remove(struct volume *volume); /* those that a machine left that was killed */
bool is_trash(const struct node *directory, const char *name, size_t length);

/* pages.c: the pages of an object that are mapped, so that all maps and writes agree. */
void *object_page(struct volume *volume, struct object *object, const struct node *open,
                  uint64_t index);
void object_written(struct object *object, uint64_t offset, const uint8_t *bytes, size_t size);
/* Puts what maps have written over bytes of the server's that were read at this offset. */
void object_overlay(const struct object *object, uint64_t offset, uint8_t *bytes, size_t size);
void object_truncated(struct object *object, uint64_t size);
void object_drop_pages(struct object *object);
void object_map_written(struct object *object, uint64_t index);

/* Hands to the server what was written through maps, by an open fid that may write. 0 or -errno;
 * never sleeps. */
int object_flush(struct volume *volume, struct object *object, const struct node *open);

/* file.c */
int volume_open(const struct inode *inode, int flags, struct file **file);
int volume_open_directory(const struct inode *inode, int flags, struct file **file);
void volume_flush_maps(void); /* of all files: the program ends */

/* inode.c */
extern const struct inode_ops volume_ops;
