/* The control channel between a machine and its supervisor: a byte stream over the first port of a
 * virtio console, /dev/control inside. Frames in both directions, little-endian: */
#pragma once

#include <stdint.h>

struct control_header {
    uint32_t size; /* of the payload, at most CONTROL_PAYLOAD_MAX */
    uint32_t kind; /* enum control_kind */
};

#define CONTROL_PAYLOAD_MAX (1u << 20)

enum control_kind {
    /* guest runtime <-> supervisor: one msgpack map; see meshkernel/guest/control.py. /dev/control
     * carries just these payloads: a read returns one whole message, a write sends one. */
    CONTROL_RUNTIME = 1,

    /* library OS -> host: what time is it? The host answers at once with CONTROL_TIME_REPLY. */
    CONTROL_TIME_REQUEST = 2, /* struct control_time with wall 0 */
    CONTROL_TIME_REPLY = 3,   /* struct control_time with monotonic as it came */

    /* library OS -> host: the last frame of a machine; it stops behind it. */
    CONTROL_EXIT = 4, /* struct control_exit */

    /* host -> library OS: trace system calls as a struct trace_request says (abi/trace.h), and no
     * more; each is answered with CONTROL_TRACE_STATE. */
    CONTROL_TRACE_START = 5,
    CONTROL_TRACE_STOP = 6,
    CONTROL_TRACE = 7,       /* library OS -> host: struct trace_batch, struct trace_record ... */
    CONTROL_TRACE_STATE = 8, /* library OS -> host: struct trace_state */

    /* host -> library OS: a signal for the process, as kill() sends one. No answer. */
    CONTROL_SIGNAL = 9, /* struct control_signal */

    /* library OS -> host: a frame came whose library this service's image leaves out. */
    CONTROL_UNKNOWN = 10, /* struct control_unknown */

    /* host -> library OS: where are the program's files mapped? Answered with CONTROL_MAPS: a line
     * `address path` for each, in hexadecimal. */
    CONTROL_MAPS_ASK = 11,
    CONTROL_MAPS = 12,

    /* library OS -> host: the memory is sealed; the machine resets behind it. */
    CONTROL_SEALED = 13, /* struct seal (abi/seal.h) */

    /* host -> library OS: how did the start go? Answered with CONTROL_START. */
    CONTROL_START_ASK = 14,
    CONTROL_START = 15, /* struct control_start */
};

#define CONTROL_KINDS 32 /* more than there are */

struct control_signal {
    uint32_t number; /* 1 to 64 */
};

struct control_unknown {
    uint32_t kind;
};

struct control_time {
    uint64_t monotonic; /* nanoseconds since the guest's boot when the request was made */
    uint64_t wall;      /* nanoseconds since 1970 on the host */
};

/* When the start was how far, in ticks of the time stamp counter: it begins at 0, as the machine
 * does. */
struct control_start {
    uint64_t now;     /* when this was written */
    uint64_t rate;    /* nanoseconds for a tick, 32.32 fixed point */
    uint64_t entry;   /* the first instruction behind the firmware */
    uint64_t devices; /* all before the devices was done */
    uint64_t network; /* devices and network were there */
    uint64_t program; /* the program began, or went on behind its seal */
};

enum control_exit_reason {
    EXIT_STATUS = 0,          /* the program ended: code is its status, 0 to 255 */
    EXIT_SIGNAL = 1,          /* killed by a signal: code is its number */
    EXIT_PANIC = 2,           /* the library OS stopped; the console has the sentence */
    EXIT_OUT_OF_MEMORY = 3,   /* code is the machine's memory in MiB */
    EXIT_OTHER_PROCESSOR = 4, /* a sealed image cannot go on here; the console says why */
};

struct control_exit {
    uint32_t reason;
    uint32_t code;
};
