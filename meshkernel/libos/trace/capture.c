#include "trace/capture.h"

#include "core/string.h"
#include "linux/errno.h"
#include "mm/user.h"

#define ALIGN 8
#define VECTORS_MAX 16    /* struct iovec that are looked at */
#define MESSAGE_VECTOR 16 /* struct msghdr: msg_iov, msg_iovlen */
#define MESSAGE_VECTOR_COUNT 24

/* How many bytes the rule is for, before its own bound. */
static uint64_t extent(const struct trace_rule *rule, const struct traced_call *call) {
    uint32_t length = 0;

    switch (rule->kind) {
    case TRACE_BYTES:
    case TRACE_TEXT:
        return rule->size;
    case TRACE_COUNTED:
        return MIN(call->arguments[rule->other], UINT64_C(1) << 32) * rule->unit;
    case TRACE_RETURNED:
        return call->result > 0 ? (uint64_t)call->result * rule->unit : 0;
    case TRACE_LENGTH_AT:
        if (call->arguments[rule->other])
            get_user(length, call->arguments[rule->other]);
        return (uint64_t)length * rule->unit;
    default:
        return 0;
    }
}

static struct trace_piece *begin(struct capture *capture, const struct trace_rule *rule) {
    struct trace_piece *piece = (struct trace_piece *)capture->at;

    if (capture->left < sizeof(*piece) + ALIGN)
        return NULL;
    *piece = (struct trace_piece){.argument = rule->argument};
    return piece;
}

static size_t room(const struct capture *capture, const struct trace_rule *rule) {
    size_t free = capture->left - sizeof(struct trace_piece);

    return MIN((size_t)rule->size, free & ~(size_t)(ALIGN - 1));
}

static void end(struct capture *capture, const struct trace_piece *piece) {
    size_t whole = sizeof(*piece) + ((piece->size + ALIGN - 1) & ~(size_t)(ALIGN - 1));

    memset(capture->at + sizeof(*piece) + piece->size, 0, whole - sizeof(*piece) - piece->size);
    capture->at += whole;
    capture->left -= whole;
    capture->pieces++;
}

static void read_text(struct trace_piece *piece, uaddr_t from, size_t size) {
    ssize_t length = string_from_user((char *)(piece + 1), from, size);

    if (length >= 0)
        piece->size = (uint32_t)length;
    else if (length == -ENAMETOOLONG)
        piece->size = (uint32_t)size;
    piece->cut = length == -ENAMETOOLONG;
    piece->fault = length == -EFAULT;
}

static void read_bytes(struct trace_piece *piece, uaddr_t from, uint64_t wanted, size_t size) {
    piece->size = (uint32_t)MIN(wanted, (uint64_t)size);
    piece->cut = wanted > size;
    if (copy_from_user(piece + 1, from, piece->size) != 0) {
        piece->size = 0;
        piece->fault = 1;
    }
}

/* The bytes of a vector one behind the other; at a call's end, those that it returned. */
static void read_vector(struct trace_piece *piece, uaddr_t vector, uint64_t count, uint64_t wanted,
                        size_t size) {
    uint8_t *to = (uint8_t *)(piece + 1);
    struct iovec part;

    for (uint64_t i = 0; i < count && i < VECTORS_MAX && wanted > 0; i++) {
        if (get_user(part, vector + i * sizeof(part)) != 0) {
            piece->fault = 1;
            return;
        }
        size_t whole = MIN(part.size, wanted), step = MIN(whole, size - piece->size);
        if (step > 0 && copy_from_user(to + piece->size, part.base, step) != 0) {
            piece->fault = 1;
            return;
        }
        piece->size += (uint32_t)step;
        wanted -= whole;
        piece->cut |= step < whole;
    }
}

static void read_message(struct trace_piece *piece, uaddr_t message, uint64_t wanted, size_t size) {
    uint64_t vector, count;

    if (get_user(vector, message + MESSAGE_VECTOR) != 0 ||
        get_user(count, message + MESSAGE_VECTOR_COUNT) != 0)
        piece->fault = 1;
    else
        read_vector(piece, vector, count, wanted, size);
}

static void capture_one(struct capture *capture, const struct traced_call *call,
                        const struct trace_rule *rule, enum trace_when when) {
    uaddr_t from = call->arguments[rule->argument];
    uint64_t returned = call->result > 0 ? (uint64_t)call->result : 0;
    uint64_t wanted = when == TRACE_AT_START ? UINT64_MAX : returned;
    struct trace_piece *piece = from ? begin(capture, rule) : NULL;

    if (piece == NULL)
        return;
    size_t size = room(capture, rule);
    switch (rule->kind) {
    case TRACE_TEXT:
        read_text(piece, from, size);
        break;
    case TRACE_VECTOR:
        read_vector(piece, from, call->arguments[rule->other], wanted, size);
        break;
    case TRACE_MESSAGE:
        read_message(piece, from, wanted, size);
        break;
    default:
        read_bytes(piece, from, MIN(extent(rule, call), (uint64_t)UINT32_MAX), size);
        if (rule->kind == TRACE_BYTES)
            piece->cut = 0;
    }
    end(capture, piece);
}

void capture_all(struct capture *capture, const struct traced_call *call, enum trace_when when) {
    const struct trace_rule *rule;

    /* Of a call that failed, nothing has come back. */
    if (when == TRACE_AT_END && call->result < 0)
        return;
    for (size_t left = trace_rules(call->number, &rule); left > 0; left--, rule++)
        if ((rule->when & when) && rule->kind != TRACE_VALUE)
            capture_one(capture, call, rule, when);
}
