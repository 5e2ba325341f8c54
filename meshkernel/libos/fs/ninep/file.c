/* Open files of a volume: each has a fid of its own. */
#include "fs/file.h"
#include "core/alloc.h"
#include "core/string.h"
#include "fs/ninep/volume.h"
#include "linux/abi.h"
#include "linux/errno.h"
#include "mm/space.h"

/* What the server has to know of the flags of open (the same numbers); O_APPEND is kept here. */
#define O_DSYNC 010000
#define O_SYNC 04010000
#define FLAGS_OF_THE_SERVER (O_ACCMODE | O_DSYNC | O_SYNC)

struct open_file {
    struct node *fid;      /* opened by the server */
    struct object *object; /* NULL: a directory */
};

static struct open_file *opened(const struct file *file) {
    return file->private;
}

/* One message's worth. The bytes are copied when the reply is here, and where a map has written to
 * the file, whoever made it, the server does not know yet. */
static ssize_t read_piece(struct file *file, struct io *io, uint64_t offset) {
    struct node *fid = opened(file)->fid;
    struct request *request = transfer_acquire(fid->volume);
    size_t size = MIN(io->left, client_transfer_most(fid->volume));
    uint8_t *bytes;
    ssize_t count = client_read(request, fid, offset, size, &bytes, false);

    if (count > 0) {
        object_overlay(opened(file)->object, offset, bytes, (size_t)count);
        count = io_to_user(io, bytes, (size_t)count);
    }
    transfer_release(fid->volume, request);
    return count;
}

/* What maps have written belongs to the file. Only a file that may be written to can hand it over;
 * the map was made through this one, or through another that hands it over when it is closed. */
static int flush(struct file *file) {
    struct open_file *open = opened(file);

    if (open->object == NULL || (file->flags & O_ACCMODE) != O_RDWR)
        return 0;
    return object_flush(open->fid->volume, open->object, open->fid);
}

static ssize_t volume_read(struct file *file, struct io *io, uint64_t *offset) {
    size_t most = client_transfer_most(opened(file)->fid->volume);
    ssize_t done = 0;

    while (io->left > 0) {
        size_t wanted = MIN(io->left, most);
        ssize_t count = read_piece(file, io, *offset);

        if (count < 0)
            return done ? done : count;
        *offset += (uint64_t)count;
        done += count;
        if ((size_t)count < wanted)
            break;
    }
    return done;
}

/* Where a write of this file goes to. With O_APPEND nothing else may run between this and the end
 * of the write: both are polled then. */
static int write_offset(const struct file *file, uint64_t *offset) {
    struct attributes attributes;

    if (!(file->flags & O_APPEND))
        return 0;
    int error = client_attributes(object_attributes_node(file->inode->data), &attributes);
    if (error == 0 && attributes.size > INT64_MAX - VOLUME_MESSAGE)
        error = -EFBIG;
    if (error == 0)
        *offset = attributes.size;
    return error;
}

static ssize_t write_with(struct request *request, struct file *file, struct io *io,
                          uint64_t *offset) {
    struct open_file *open = opened(file);
    size_t size = MIN(io->left, client_transfer_most(open->fid->volume));
    uint8_t *bytes = client_write_begin(request, open->fid, *offset, size);
    ssize_t count = io_from_user(io, bytes, size);
    int error = count < 0 ? (int)count : write_offset(file, offset);

    if (error)
        return error;
    size = (size_t)count;
    client_write_begin(request, open->fid, *offset, size);
    count = client_write(request, open->fid, size, file->flags & O_APPEND);
    if (count > 0)
        object_written(open->object, *offset, bytes, (size_t)count);
    return count == 0 ? -EIO : count;
}

static ssize_t volume_write(struct file *file, struct io *io, uint64_t *offset) {
    struct volume *volume = opened(file)->fid->volume;
    ssize_t done = 0;

    if (*offset > INT64_MAX - io->left)
        return -EFBIG;
    while (io->left > 0) {
        size_t wanted = MIN(io->left, client_transfer_most(volume));
        struct request *request = transfer_acquire(volume);
        ssize_t count = write_with(request, file, io, offset);

        transfer_release(volume, request);
        if (count < 0)
            return done ? done : count;
        *offset += (uint64_t)count;
        done += count;
        if ((size_t)count < wanted)
            break;
    }
    return done;
}

static int volume_sync(struct file *file, bool data_only) {
    struct volume *volume = opened(file)->fid->volume;

    int error = flush(file);
    if (error || volume->read_only)
        return error;
    struct request *request = transfer_acquire(volume);
    error = client_sync(request, opened(file)->fid, data_only);
    transfer_release(volume, request);
    return error;
}

static void *volume_page(struct file *file, uint64_t index) {
    struct open_file *open = opened(file);

    return object_page(open->fid->volume, open->object, open->fid, index);
}

static void volume_map_written(struct file *file, uint64_t index) {
    object_map_written(opened(file)->object, index);
}

static void volume_release(struct file *file) {
    struct open_file *open = opened(file);
    struct volume *volume = open->fid->volume;

    (void)flush(file); /* msync says whether it works */
    node_discard(open->fid);
    if (open->object)
        object_close(volume, open->object);
    kfree(open);
}

static const struct file_ops volume_file_ops;

void volume_flush_maps(void) {
    struct space_area area;

    for (size_t i = 0; space_describe(i, &area); i++)
        if (area.shared && area.file && area.file->ops == &volume_file_ops)
            (void)flush(area.file);
}

static const struct file_ops volume_file_ops = {
    .read = volume_read,
    .write = volume_write,
    .sync = volume_sync,
    .page = volume_page,
    .release = volume_release,
    .map_written = volume_map_written,
    .seekable = true,
};

/* Directories. Positions of the server's come two later: 0 and 1 are of "." and "..". */
#define FIRST_POSITION 2u

/* What a reply held, aside, since taking an entry may ask the volume for more: it writes to the
 * application's memory, which may be a map of one of its files. */
struct batch {
    struct entry_taker taker;
    struct directory_sink *sink;
    uint64_t *position;
    size_t count;
    struct {
        uint64_t number, position;
        uint32_t mode;
        uint16_t length;
        char name[NAME_MAX];
    } entries[16];
};

static bool take_entry(struct entry_taker *taker, const char *name, size_t length, struct qid qid,
                       uint8_t type, uint64_t position) {
    struct batch *batch = CONTAINER_OF(taker, struct batch, taker);

    batch->entries[batch->count].number = qid.path;
    batch->entries[batch->count].position = position + FIRST_POSITION;
    batch->entries[batch->count].mode = (uint32_t)(type & 15) << DIRENT_TYPE_SHIFT;
    batch->entries[batch->count].length = (uint16_t)length;
    memcpy(batch->entries[batch->count].name, name, length);
    return ++batch->count < ARRAY_SIZE(batch->entries);
}

static bool is_hidden(const struct node *directory, const char *name, size_t length) {
    bool dots = name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.'));

    return dots || is_trash(directory, name, length);
}

/* False when the sink is full. */
static bool pass_on(const struct node *directory, struct batch *batch, uint64_t *position,
                    struct directory_sink *sink) {
    for (size_t i = 0; i < batch->count; i++) {
        const char *name = batch->entries[i].name;
        size_t length = batch->entries[i].length;

        if (!is_hidden(directory, name, length) &&
            !sink->add(sink, name, length, batch->entries[i].number, batch->entries[i].mode,
                       batch->entries[i].position))
            return false;
        *position = batch->entries[i].position;
    }
    return true;
}

static int volume_list(struct file *file, uint64_t *position, struct directory_sink *sink) {
    const struct node *directory = opened(file)->fid;
    struct batch *batch = knew(struct batch);
    size_t count = 1;
    int error = batch ? 0 : -ENOMEM;

    while (error == 0 && count > 0) {
        *batch = (struct batch){.taker = {take_entry}};
        error = client_list(directory, *position - FIRST_POSITION, &batch->taker, &count);
        if (error == 0 && !pass_on(directory, batch, position, sink))
            break;
    }
    kfree(batch);
    return error;
}

static ssize_t read_directory(struct file *file, struct io *io, uint64_t *offset) {
    (void)file, (void)io, (void)offset;
    return -EISDIR;
}

static const struct file_ops volume_directory_ops = {
    .read = read_directory,
    .list = volume_list,
    .sync = volume_sync,
    .release = volume_release,
    .seekable = true,
};

static int open_fid(const struct node *node, int flags, struct open_file *open) {
    int error = node_clone(object_attributes_node(node), &open->fid);

    if (error)
        return error;
    error = client_open(open->fid, (uint32_t)flags & FLAGS_OF_THE_SERVER);
    if (error)
        node_discard(open->fid);
    return error;
}

static int open_with(const struct file_ops *ops, const struct node *node, int flags,
                     struct open_file *open, struct file **file) {
    int error = open_fid(node, flags, open);

    if (error)
        return error;
    *file = file_new(ops, open, flags);
    if (*file == NULL)
        node_discard(open->fid);
    return *file ? 0 : -ENOMEM;
}

int volume_open(const struct inode *inode, int flags, struct file **file) {
    const struct node *node = inode->data;
    struct open_file *open = knew(struct open_file);

    if (open == NULL)
        return -ENOMEM;
    open->object = object_open(node->volume, node->path);
    int error = open->object ? open_with(&volume_file_ops, node, flags, open, file) : -ENOMEM;
    if (error && open->object)
        object_close(node->volume, open->object);
    if (error)
        kfree(open);
    return error;
}

int volume_open_directory(const struct inode *inode, int flags, struct file **file) {
    struct open_file *open = knew(struct open_file);

    if (open == NULL)
        return -ENOMEM;
    int error = open_with(&volume_directory_ops, inode->data, flags, open, file);
    if (error)
        kfree(open);
    return error;
}
