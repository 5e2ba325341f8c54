/* Each request of 9P2000.L as a function: fields in, a reply, fields out. */
#include "core/clock.h"
#include "core/string.h"
#include "fs/ninep/volume.h"
#include "linux/errno.h"

#define USER_NAME "root"
#define ATTRIBUTES_BASIC 0x7ffu
#define TRANSFER_OVERHEAD 24u /* the largest head of Tread, Rread, Twrite and their like */
#define MESSAGE_LEAST (UINT32_C(68) << 10) /* a group of mapped pages in one reply (pages.c) */
#define AT_REMOVEDIR 0x200u
#define ENTRIES_MOST 15000u /* bytes of one Rreaddir: fits the buffer of `names` */

static const char version[] = "9P2000.L";
#define VERSION_LENGTH (sizeof(version) - 1)

static struct message *begin(struct volume *volume, enum ninep_type type) {
    return request_begin(&volume->names, type);
}

static int ask(struct volume *volume) {
    return request_poll(volume->transport, &volume->names);
}

int client_version(struct volume *volume, uint32_t message_size) {
    struct message *message = begin(volume, TVERSION);
    size_t length;

    put32(message, message_size);
    put_text(message, version, VERSION_LENGTH);
    int error = ask(volume);
    if (error)
        return error;
    volume->message_size = get32(message);
    const char *theirs = get_text(message, VERSION_LENGTH, &length);
    if (reply_end(message))
        return -EIO;
    if (length != VERSION_LENGTH || memcmp(theirs, version, VERSION_LENGTH) != 0)
        return -EPROTONOSUPPORT;
    return volume->message_size > message_size || volume->message_size < MESSAGE_LEAST ? -EIO : 0;
}

int client_attach(struct volume *volume, uint32_t fid, struct qid *qid) {
    struct message *message = begin(volume, TATTACH);

    put32(message, fid);
    put32(message, NINEP_NO_FID);
    put_text(message, USER_NAME, sizeof(USER_NAME) - 1);
    put_text(message, "", 0); /* the whole of what is exported */
    put32(message, 0);
    int error = ask(volume);
    if (error)
        return error;
    *qid = get_qid(message);
    return reply_end(message);
}

int client_walk(struct volume *volume, uint32_t from, uint32_t to, const char *name, size_t length,
                struct qid *qid) {
    struct message *message = begin(volume, TWALK);
    uint16_t steps = name ? 1 : 0;

    put32(message, from);
    put32(message, to);
    put16(message, steps);
    if (name)
        put_text(message, name, length);
    int error = ask(volume);
    if (error)
        return error;
    if (get16(message) != steps)
        return -EIO;
    if (name)
        *qid = get_qid(message);
    return reply_end(message);
}

int client_attributes(const struct node *node, struct attributes *attributes) {
    struct message *message = begin(node->volume, TGETATTR);

    put32(message, node->fid);
    put64(message, ATTRIBUTES_BASIC);
    int error = ask(node->volume);
    if (error)
        return error;
    get64(message); /* which are valid: a server knows the basic ones */
    get_qid(message);
    attributes->mode = get32(message);
    attributes->user = get32(message);
    attributes->group = get32(message);
    attributes->links = get64(message);
    attributes->rdev = get64(message);
    attributes->size = get64(message);
    attributes->block_size = get64(message);
    attributes->blocks = get64(message);
    attributes->access_seconds = get64(message);
    attributes->access_nanos = get64(message);
    attributes->modified_seconds = get64(message);
    attributes->modified_nanos = get64(message);
    attributes->changed_seconds = get64(message);
    attributes->changed_nanos = get64(message);
    return reply_end(message);
}

static void put_time(struct message *message, uint64_t nanos) {
    put64(message, nanos / NANOS_PER_SECOND);
    put64(message, nanos % NANOS_PER_SECOND);
}

int client_set(const struct node *node, const struct settings *settings) {
    struct message *message = begin(node->volume, TSETATTR);

    put32(message, node->fid);
    put32(message, settings->valid);
    put32(message, settings->mode);
    put32(message, settings->user);
    put32(message, settings->group);
    put64(message, settings->size);
    put_time(message, settings->access);
    put_time(message, settings->modified);
    return ask(node->volume);
}

int client_open(const struct node *node, uint32_t flags) {
    struct message *message = begin(node->volume, TLOPEN);

    put32(message, node->fid);
    put32(message, flags);
    return ask(node->volume);
}

int client_make_file(const struct node *directory, const char *name, size_t length, uint32_t mode) {
    struct message *message = begin(directory->volume, TMKNOD);

    put32(message, directory->fid);
    put_text(message, name, length);
    put32(message, mode);
    put32(message, 0); /* the device's numbers: it is none */
    put32(message, 0);
    put32(message, 0);
    return ask(directory->volume);
}

int client_make_directory(const struct node *directory, const char *name, size_t length,
                          uint32_t mode) {
    struct message *message = begin(directory->volume, TMKDIR);

    put32(message, directory->fid);
    put_text(message, name, length);
    put32(message, mode);
    put32(message, 0);
    return ask(directory->volume);
}

int client_make_link(const struct node *directory, const char *name, size_t length,
                     const char *target) {
    struct message *message = begin(directory->volume, TSYMLINK);

    put32(message, directory->fid);
    put_text(message, name, length);
    put_text(message, target, strlen(target));
    put32(message, 0);
    return ask(directory->volume);
}

int client_link(const struct node *node, const struct node *directory, const char *name,
                size_t length) {
    struct message *message = begin(directory->volume, TLINK);

    put32(message, directory->fid);
    put32(message, node->fid);
    put_text(message, name, length);
    return ask(directory->volume);
}

int client_unlink(const struct node *directory, const char *name, size_t length,
                  bool is_directory) {
    struct message *message = begin(directory->volume, TUNLINKAT);

    put32(message, directory->fid);
    put_text(message, name, length);
    put32(message, is_directory ? AT_REMOVEDIR : 0);
    return ask(directory->volume);
}

int client_rename(const struct node *from, const char *name, size_t length, const struct node *to,
                  const char *new_name, size_t new_length) {
    struct message *message = begin(from->volume, TRENAMEAT);

    put32(message, from->fid);
    put_text(message, name, length);
    put32(message, to->fid);
    put_text(message, new_name, new_length);
    return ask(from->volume);
}

ssize_t client_readlink(const struct node *link, char *to, size_t size) {
    struct message *message = begin(link->volume, TREADLINK);
    size_t length;

    put32(message, link->fid);
    int error = ask(link->volume);
    if (error)
        return error;
    const char *target = get_text(message, PATH_MAX - 1, &length);
    if (target == NULL)
        return -EIO;
    memcpy(to, target, MIN(length, size));
    return (ssize_t)MIN(length, size);
}

int client_statistics(const struct node *node, struct fs_statistics *statistics) {
    struct message *message = begin(node->volume, TSTATFS);

    put32(message, node->fid);
    int error = ask(node->volume);
    if (error)
        return error;
    get32(message); /* the kind of the host's file system */
    statistics->block_size = get32(message);
    statistics->blocks = get64(message);
    get64(message); /* what is free for the host's root */
    statistics->free_blocks = get64(message);
    statistics->files = get64(message);
    statistics->free_files = get64(message);
    return reply_end(message);
}

/* One entry of Rreaddir: qid, position of the next, type, name. */
static int take_entry(struct message *message, struct entry_taker *taker, bool *more) {
    struct qid qid = get_qid(message);
    uint64_t position = get64(message);
    uint8_t type = get8(message);
    size_t length;
    const char *name = get_text(message, NAME_MAX, &length);

    if (name == NULL || length == 0 || message->broken)
        return -EIO;
    *more = taker->take(taker, name, length, qid, type, position);
    return 0;
}

int client_list(const struct node *directory, uint64_t position, struct entry_taker *taker,
                size_t *count) {
    struct message *message = begin(directory->volume, TREADDIR);
    bool more = true;

    *count = 0;
    put32(message, directory->fid);
    put64(message, position);
    put32(message, MIN(ENTRIES_MOST, directory->volume->message_size - TRANSFER_OVERHEAD));
    int error = ask(directory->volume);
    if (error)
        return error;
    uint32_t size = get32(message);
    if (message->broken || size > message->size - message->at)
        return -EIO;
    message->size = message->at + size;
    while (error == 0 && more && message->at < message->size) {
        error = take_entry(message, taker, &more);
        *count += error == 0;
    }
    return error;
}

size_t client_transfer_most(const struct volume *volume) {
    return volume->message_size - TRANSFER_OVERHEAD;
}

static int wait_for(struct request *request, const struct node *node, bool polled) {
    struct transport *transport = node->volume->transport;

    return polled ? request_poll(transport, request) : request_sleep(transport, request);
}

ssize_t client_read(struct request *request, const struct node *node, uint64_t offset, size_t size,
                    uint8_t **bytes, bool polled) {
    request_aim(request, false, true);
    struct message *message = request_begin(request, TREAD);
    put32(message, node->fid);
    put64(message, offset);
    put32(message, (uint32_t)size);
    int error = wait_for(request, node, polled);
    if (error)
        return error;
    uint32_t count = get32(message);
    *bytes = (uint8_t *)get_bytes(message, count); /* the request's own buffer */
    return *bytes == NULL || count > size ? -EIO : (ssize_t)count;
}

uint8_t *client_write_begin(struct request *request, const struct node *node, uint64_t offset,
                            size_t size) {
    request_aim(request, true, false);
    struct message *message = request_begin(request, TWRITE);
    put32(message, node->fid);
    put64(message, offset);
    put32(message, (uint32_t)size);
    uint8_t *bytes = message->bytes + message->at;
    get_bytes(message, size); /* the caller fills them */
    return bytes;
}

ssize_t client_write(struct request *request, const struct node *node, size_t size, bool polled) {
    int error = wait_for(request, node, polled);

    if (error)
        return error;
    uint32_t count = get32(&request->message);
    return reply_end(&request->message) || count > size ? -EIO : (ssize_t)count;
}

int client_sync(struct request *request, const struct node *node, bool data_only) {
    request_aim(request, false, false);
    struct message *message = request_begin(request, TFSYNC);
    put32(message, node->fid);
    put32(message, data_only);
    return request_sleep(node->volume->transport, request);
}
