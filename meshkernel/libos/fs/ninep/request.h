/* Requests to the server of a volume, and the two ways of waiting for their replies.
 *
 * A walk never sleeps (fs/inode.h), and neither does a page fault, so what they ask is **polled**:
 * the thread keeps the CPU until the reply is there, about 1 ms under TCG, and nothing else runs.
 * That holds for everything about names and attributes. What may take as long as a disk does -
 * reading, writing, fsync of an open file - **sleeps**: each such request has a tag of its own,
 * other threads run meanwhile, and theirs may be in flight too.
 */
#pragma once

#include "core/clock.h"
#include "core/list.h"
#include "core/wait.h"
#include "fs/ninep/message.h"

struct thread;
struct transport;

struct request {
    struct message message; /* the request while it is built, then the reply */
    uint8_t *out, *in;      /* in the direct map */
    uint32_t out_capacity, in_capacity;
    uint8_t *small, *big; /* memory that `out` and `in` lie in; big NULL: all is small */
    uint32_t big_size;
    uint32_t out_size, in_size; /* of the request; written by the device */
    enum ninep_type type;
    uint16_t tag;
    bool finished;
    struct thread *sleeper;                       /* woken when it is finished; NULL: polled */
    void (*on_finished)(struct request *request); /* instead of either; NULL */
};

/* What carries requests: a virtio device, or a test's server. */
struct transport {
    /* Hands the request over; false when there is no room for it now. */
    bool (*submit)(struct transport *transport, struct request *request);
    /* Calls request_finished for each that the other side has answered. */
    void (*poll)(struct transport *transport);
    /* Whether the device is to interrupt for the next answer. */
    void (*listen)(struct transport *transport, bool wanted);
    unsigned sleeping; /* requests in flight that a thread sleeps for */
};

/* Called by the transport, in any context. */
void request_finished(struct request *request, uint32_t written);

/* Begins a request of this type in a request that is not in flight. */
struct message *request_begin(struct request *request, enum ninep_type type);

/* Sends it and waits for the reply, which is in request->message from then on: 0 or -errno. */
int request_poll(struct transport *transport, struct request *request);
int request_sleep(struct transport *transport, struct request *request);

/* Looks for replies once; panics when the host has been silent until the deadline. */
void request_poll_once(struct transport *transport, nanos_t deadline);
nanos_t request_patience(void); /* the deadline of what is waited for from now on */

/* Sends it; `on_finished` hears of the reply. */
void request_send(struct transport *transport, struct request *request);
