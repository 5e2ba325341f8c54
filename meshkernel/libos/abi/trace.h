/* The trace of system calls, over the control channel (abi/control.h). The host says which calls
 * are wanted and what of the application's memory is to be read at each; the library OS sends
 * records of what happened. Names, flags and structures are the host's business. Little-endian, as
 * in memory.
 *
 * The same request as a line of the boot configuration (`trace`) traces from the first call on. */
#pragma once

#include <stdint.h>

#define TRACE_CALLS 512       /* numbers from 0 on; a higher one counts as the last */
#define TRACE_RECORD_MAX 2048 /* bytes of a record, with what was read */

enum trace_flags {
    TRACE_ONCE = 1, /* each call once, and once more for each new feature of it */
};

/* What is read, at the call's start, at its end, or at both. `size` bounds the bytes. */
enum trace_kind {
    TRACE_BYTES = 1,     /* `size` bytes at the argument */
    TRACE_TEXT = 2,      /* up to a NUL */
    TRACE_COUNTED = 3,   /* as many units as the argument `other` says */
    TRACE_RETURNED = 4,  /* as many units as the call returned */
    TRACE_LENGTH_AT = 5, /* as many as the 32-bit number at the argument `other` says */
    TRACE_VECTOR = 6,    /* what an array of `other` struct iovec points to */
    TRACE_MESSAGE = 7,   /* the same for the vector of a struct msghdr */
    TRACE_VALUE = 8,     /* nothing: with TRACE_FEATURE, the argument itself */
};

enum trace_when {
    TRACE_AT_START = 1,
    TRACE_AT_END = 2,
    TRACE_FEATURE = 4, /* for TRACE_ONCE: a new value (TRACE_VALUE), or a new path below /proc,
                        * /dev or /sys (TRACE_TEXT), makes the call new */
};

struct trace_rule {
    uint16_t number; /* of the call */
    uint8_t argument;
    uint8_t kind; /* enum trace_kind */
    uint8_t when; /* enum trace_when, together */
    uint8_t other;
    uint16_t unit; /* bytes */
    uint32_t size;
};

struct trace_request {
    uint32_t flags;
    uint32_t rule_count;
    uint64_t calls[TRACE_CALLS / 64]; /* bit n % 64 of word n / 64: call n is wanted */
    struct trace_rule rules[];        /* by number, ascending */
};

/* One frame of kind CONTROL_TRACE: this, then records. */
struct trace_batch {
    uint64_t lost; /* records that did not fit into the channel, since the frame before */
};

enum trace_event {
    TRACE_ENTERED = 1,
    TRACE_RETURNED_FROM = 2,
};

/* A call that never returns (exit) or has not yet (it sleeps) has but the first of its two records.
 */
struct trace_record {
    uint16_t size;  /* bytes of all, a multiple of 8 */
    uint8_t event;  /* enum trace_event */
    uint8_t pieces; /* struct trace_piece behind it */
    uint32_t tid;
    uint64_t time; /* nanoseconds since the guest's boot */
    uint64_t number;
    int64_t result; /* 0 at the start */
    uint64_t arguments[6];
};

/* Followed by its bytes and a fill up to a multiple of 8. */
struct trace_piece {
    uint8_t argument;
    uint8_t cut;   /* 1: there was more */
    uint8_t fault; /* 1: it could not be read */
    uint8_t reserved;
    uint32_t size;
};

/* The answer to CONTROL_TRACE_START and CONTROL_TRACE_STOP, behind the last record. */
struct trace_state {
    uint32_t on;
    uint32_t refused; /* 1: the request makes no sense, or there is no memory for it */
};
