#include "ipc/stream/stream.h"

#include "core/alloc.h"
#include "core/pages.h"
#include "core/string.h"
#include "linux/errno.h"

int stream_init(struct stream *stream, uint64_t capacity) {
    *stream = (struct stream){.capacity = capacity};
    stream->pages = kmalloc(capacity / PAGE_SIZE * sizeof(*stream->pages));
    return stream->pages ? 0 : -ENOMEM;
}

void stream_destroy(struct stream *stream) {
    for (uint64_t i = 0; stream->pages && i < stream->capacity / PAGE_SIZE; i++)
        if (stream->pages[i])
            page_put(stream->pages[i]);
    kfree(stream->pages);
    stream->pages = NULL;
}

static void **page_of(const struct stream *stream, uint64_t position) {
    return &stream->pages[position % stream->capacity / PAGE_SIZE];
}

static ssize_t write_piece(struct stream *stream, struct io *io) {
    uint64_t within = stream->head & PAGE_MASK;
    void **page = page_of(stream, stream->head);

    if (*page == NULL)
        *page = page_alloc();
    if (*page == NULL)
        return -ENOMEM;
    return io_from_user(io, (char *)*page + within, MIN(PAGE_SIZE - within, stream_room(stream)));
}

ssize_t stream_write(struct stream *stream, struct io *io) {
    ssize_t done = 0;

    while (io->left > 0 && stream_room(stream) > 0) {
        ssize_t count = write_piece(stream, io);

        if (count <= 0)
            return done ? done : count;
        stream->head += (uint64_t)count;
        done += count;
    }
    return done;
}

/* Gives up the page before `position` once nothing in it is left to read; a page that is both the
 * first and the last of a full ring is still in use. */
static void release_page(struct stream *stream, uint64_t position) {
    void **page = page_of(stream, position - 1);

    if (stream_used(stream) > 0 && page == page_of(stream, stream->head - 1))
        return;
    page_put(*page);
    *page = NULL;
}

ssize_t stream_read(struct stream *stream, struct io *io, bool peek) {
    uint64_t position = stream->tail;
    ssize_t done = 0;

    while (io->left > 0 && position != stream->head) {
        uint64_t within = position & PAGE_MASK;
        size_t size = MIN(PAGE_SIZE - within, stream->head - position);
        ssize_t count = io_to_user(io, (char *)*page_of(stream, position) + within, size);

        if (count <= 0)
            return done ? done : count;
        position += (uint64_t)count;
        done += count;
        if (peek)
            continue;
        stream->tail = position;
        if ((position & PAGE_MASK) == 0)
            release_page(stream, position);
    }
    return done;
}

void stream_skip(struct stream *stream, uint64_t size) {
    uint64_t end = stream->tail + size;

    while (stream->tail < end) {
        stream->tail = MIN(end, PAGE_DOWN(stream->tail) + PAGE_SIZE);
        if ((stream->tail & PAGE_MASK) == 0)
            release_page(stream, stream->tail);
    }
}

/* In a full ring the first and the last bytes may share a page; a larger ring has a page for each.
 */
static int split_shared_page(const struct stream *stream, void **last) {
    *last = NULL;
    if (PAGE_UP(stream->head) - PAGE_DOWN(stream->tail) <= stream->capacity)
        return 0;
    *last = page_alloc();
    if (*last == NULL)
        return -ENOMEM;
    memcpy(*last, *page_of(stream, stream->head - 1), PAGE_SIZE);
    return 0;
}

int stream_resize(struct stream *stream, uint64_t capacity) {
    uint64_t wanted = MAX(PAGE_UP(capacity), PAGE_SIZE);
    /* The bytes may begin within a page, and then they spread over one more. */
    uint64_t first = PAGE_DOWN(stream->tail), end = PAGE_UP(stream->head);
    void *last;

    if (end - first > wanted)
        return -EBUSY;
    void **pages = kmalloc(wanted / PAGE_SIZE * sizeof(*pages));
    if (pages == NULL || split_shared_page(stream, &last)) {
        kfree(pages);
        return -ENOMEM;
    }
    for (uint64_t position = first; position < end; position += PAGE_SIZE)
        pages[position % wanted / PAGE_SIZE] = *page_of(stream, position);
    if (last)
        pages[(end - PAGE_SIZE) % wanted / PAGE_SIZE] = last;
    kfree(stream->pages);
    stream->pages = pages;
    stream->capacity = wanted;
    return 0;
}
