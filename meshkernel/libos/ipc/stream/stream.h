/* A ring of bytes in pages that exist only while they hold some: what pipes and stream sockets are
 * made of. */
#pragma once

#include "core/types.h"
#include "mm/user.h"

#define STREAM_SIZE (UINT64_C(64) << 10)
#define STREAM_SIZE_MAX (UINT64_C(1) << 20)

struct stream {
    void **pages; /* page n holds the bytes from n * PAGE_SIZE on, modulo the capacity */
    uint64_t capacity;
    uint64_t head, tail; /* written at head, read at tail; they only grow */
};

int stream_init(struct stream *stream, uint64_t capacity); /* 0 or -ENOMEM */
void stream_destroy(struct stream *stream);

static inline uint64_t stream_used(const struct stream *stream) {
    return stream->head - stream->tail;
}

static inline uint64_t stream_room(const struct stream *stream) {
    return stream->capacity - stream_used(stream);
}

/* Move what there is, or what there is room for; bytes moved, or the error when there was one
 * before the first. */
ssize_t stream_write(struct stream *stream, struct io *io);
ssize_t stream_read(struct stream *stream, struct io *io, bool peek);

/* Drops the oldest bytes, of which there are as many. */
void stream_skip(struct stream *stream, uint64_t size);

/* Rounded up to pages; -EBUSY when more is in it, -ENOMEM. */
int stream_resize(struct stream *stream, uint64_t capacity);
