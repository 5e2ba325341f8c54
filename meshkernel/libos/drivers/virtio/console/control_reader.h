/* Cuts the host's half of the control channel (abi/control.h) into frames, however its bytes are
 * split. */
#pragma once

#include "abi/control.h"
#include "core/list.h"
#include "core/types.h"

struct control_message {
    struct list link;
    struct control_header header;
    uint8_t payload[];
};

struct control_reader {
    struct control_header header;
    size_t filled;                   /* bytes of the header, then of header and payload */
    struct control_message *message; /* NULL until the header is complete */
    bool broken;                     /* the stream cannot be followed any more */
};

/* Takes bytes from *data on and advances it; returns a message when one is complete (the caller
 * frees it with kfree), NULL when the bytes are used up or the stream is broken (a frame over the
 * limit, or no memory). */
struct control_message *control_reader_feed(struct control_reader *reader, const uint8_t **data,
                                            size_t *size);
