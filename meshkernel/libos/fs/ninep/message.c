#include "fs/ninep/message.h"

#include "core/string.h"
#include "linux/errno.h"

#define ERROR_MOST 4095u /* Linux' error numbers are not greater */

/* Room for `count` more bytes, or NULL. */
static uint8_t *advance(struct message *message, size_t count) {
    if (message->broken || count > message->size - message->at) {
        message->broken = true;
        return NULL;
    }
    uint8_t *place = message->bytes + message->at;
    message->at += count;
    return place;
}

static void put(struct message *message, const void *value, size_t size) {
    uint8_t *place = advance(message, size);

    if (place)
        memcpy(place, value, size);
}

void put8(struct message *message, uint8_t value) {
    put(message, &value, sizeof(value));
}

void put16(struct message *message, uint16_t value) {
    put(message, &value, sizeof(value));
}

void put32(struct message *message, uint32_t value) {
    put(message, &value, sizeof(value));
}

void put64(struct message *message, uint64_t value) {
    put(message, &value, sizeof(value));
}

void put_text(struct message *message, const char *text, size_t length) {
    if (length > UINT16_MAX) {
        message->broken = true;
        return;
    }
    put16(message, (uint16_t)length);
    put(message, text, length);
}

void message_begin(struct message *message, uint8_t *bytes, size_t capacity, enum ninep_type type,
                   uint16_t tag) {
    *message = (struct message){.bytes = bytes, .size = capacity};
    put32(message, 0); /* the size: message_end knows it */
    put8(message, (uint8_t)type);
    put16(message, tag);
}

size_t message_end(struct message *message) {
    uint32_t size = (uint32_t)message->at;

    if (message->broken)
        return 0;
    memcpy(message->bytes, &size, sizeof(size));
    return message->at;
}

/* A number of so many bytes, the lowest first, as the processor has them, too. */
static uint64_t get(struct message *message, size_t size) {
    const uint8_t *place = advance(message, size);
    uint64_t value = 0;

    if (place)
        memcpy(&value, place, size);
    return value;
}

uint8_t get8(struct message *message) {
    return (uint8_t)get(message, sizeof(uint8_t));
}

uint16_t get16(struct message *message) {
    return (uint16_t)get(message, sizeof(uint16_t));
}

uint32_t get32(struct message *message) {
    return (uint32_t)get(message, sizeof(uint32_t));
}

uint64_t get64(struct message *message) {
    return get(message, sizeof(uint64_t));
}

struct qid get_qid(struct message *message) {
    struct qid qid = {.type = get8(message)};

    get32(message); /* the version: nothing is kept that it could make stale */
    qid.path = get64(message);
    return qid;
}

const uint8_t *get_bytes(struct message *message, size_t count) {
    return advance(message, count);
}

const char *get_text(struct message *message, size_t limit, size_t *length) {
    *length = get16(message);
    const uint8_t *text = advance(message, *length);

    if (text == NULL || *length > limit || strnlen((const char *)text, *length) < *length) {
        message->broken = true;
        return NULL;
    }
    return (const char *)text;
}

int reply_begin(struct message *message, uint8_t *bytes, size_t written, enum ninep_type type,
                uint16_t tag) {
    *message = (struct message){.bytes = bytes, .size = written};
    uint32_t size = get32(message);
    uint8_t kind = get8(message);
    uint16_t answered = get16(message);

    if (message->broken || size < NINEP_HEADER || size > written || answered != tag)
        return -EIO;
    message->size = size;
    if (kind == RLERROR) {
        uint32_t error = get32(message);

        return message->broken || error == 0 || error > ERROR_MOST ? -EIO : -(int)error;
    }
    return kind == (uint8_t)type + 1 ? 0 : -EIO;
}

int reply_end(const struct message *message) {
    return message->broken ? -EIO : 0;
}
