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
};

struct control_time {
    uint64_t monotonic; /* nanoseconds since the guest's boot when the request was made */
    uint64_t wall;      /* nanoseconds since 1970 on the host */
};

enum control_exit_reason {
    EXIT_STATUS = 0,        /* the program ended: code is its status, 0 to 255 */
    EXIT_SIGNAL = 1,        /* killed by a signal: code is its number */
    EXIT_PANIC = 2,         /* the library OS stopped; the console has the sentence */
    EXIT_OUT_OF_MEMORY = 3, /* code is the machine's memory in MiB */
};

struct control_exit {
    uint32_t reason;
    uint32_t code;
};
