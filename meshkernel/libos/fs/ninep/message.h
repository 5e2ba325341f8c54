/* 9P2000.L messages: little-endian fields behind `size[4] type[1] tag[2]` (the protocol:
 * diod's protocol.md, and 9P2000's manual, section 5). Nothing is read or written beyond the
 * buffer: one field too many leaves `broken` set, and whoever built or read the message asks at its
 * end.
 */
#pragma once

#include "core/types.h"

#define NINEP_HEADER 7u /* bytes of size, type and tag */
#define NINEP_NO_TAG 0xffffu
#define NINEP_NO_FID 0xffffffffu

/* The reply's type is the request's plus one; RLERROR answers any of them. */
enum ninep_type {
    RLERROR = 7,
    TSTATFS = 8,
    TLOPEN = 12,
    TSYMLINK = 16,
    TMKNOD = 18,
    TREADLINK = 22,
    TGETATTR = 24,
    TSETATTR = 26,
    TREADDIR = 40,
    TFSYNC = 50,
    TLINK = 70,
    TMKDIR = 72,
    TRENAMEAT = 74,
    TUNLINKAT = 76,
    TVERSION = 100,
    TATTACH = 104,
    TWALK = 110,
    TREAD = 116,
    TWRITE = 118,
    TCLUNK = 120,
};

struct message {
    uint8_t *bytes;
    size_t size; /* of the buffer while it is written, of the message while it is read */
    size_t at;
    bool broken;
};

/* What the server knows a file by: `path` stays the same for all names of a file. */
struct qid {
    uint8_t type;
    uint64_t path;
};

#define QID_DIRECTORY 0x80u
#define QID_LINK 0x02u

/* Starts a request; message_end writes its size and returns it, or 0 when it did not fit. */
void message_begin(struct message *message, uint8_t *bytes, size_t capacity, enum ninep_type type,
                   uint16_t tag);
size_t message_end(struct message *message);

void put8(struct message *message, uint8_t value);
void put16(struct message *message, uint16_t value);
void put32(struct message *message, uint32_t value);
void put64(struct message *message, uint64_t value);
void put_text(struct message *message, const char *text, size_t length);

/* Starts reading the reply of `written` bytes to a request of this type and tag. 0, the server's
 * error, or -EIO when the reply is none to this request. */
int reply_begin(struct message *message, uint8_t *bytes, size_t written, enum ninep_type type,
                uint16_t tag);

/* 0, or -EIO when more was read than the reply had. */
int reply_end(const struct message *message);

uint8_t get8(struct message *message);
uint16_t get16(struct message *message);
uint32_t get32(struct message *message);
uint64_t get64(struct message *message);
struct qid get_qid(struct message *message);

/* `count` bytes that lie in the message, or NULL when it has fewer. */
const uint8_t *get_bytes(struct message *message, size_t count);

/* A text of at most `limit` bytes, not ended with NUL and without any NUL in it; NULL otherwise. */
const char *get_text(struct message *message, size_t limit, size_t *length);
