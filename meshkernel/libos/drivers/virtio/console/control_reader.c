#include "drivers/virtio/console/control_reader.h"

#include "core/alloc.h"
#include "core/string.h"

/* Moves what is there towards a part of `whole` bytes that has `have` of them; returns how many. */
static size_t take(void *part, size_t have, size_t whole, const uint8_t **data, size_t *size) {
    size_t count = MIN(*size, whole - have);
    memcpy((uint8_t *)part + have, *data, count);
    *data += count;
    *size -= count;
    return count;
}

static void begin_message(struct control_reader *reader) {
    size_t size = sizeof(struct control_message) + reader->header.size;
    if (reader->header.size <= CONTROL_PAYLOAD_MAX)
        reader->message = kmalloc(size);
    reader->broken = reader->message == NULL;
    if (!reader->broken)
        reader->message->header = reader->header;
}

struct control_message *control_reader_feed(struct control_reader *reader, const uint8_t **data,
                                            size_t *size) {
    const size_t head = sizeof(reader->header);
    if (reader->message == NULL && !reader->broken) {
        reader->filled += take(&reader->header, reader->filled, head, data, size);
        if (reader->filled == head)
            begin_message(reader);
    }
    if (reader->broken || reader->message == NULL)
        return NULL;
    struct control_message *message = reader->message;
    reader->filled +=
        take(message->payload, reader->filled - head, message->header.size, data, size);
    if (reader->filled < head + message->header.size)
        return NULL;
    reader->message = NULL;
    reader->filled = 0;
    return message;
}
