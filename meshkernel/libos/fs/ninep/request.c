#include "fs/ninep/request.h"

#include "core/clock.h"
#include "core/print.h"
#include "core/thread.h"
#include "linux/errno.h"

/* A host that does not answer for so long will not answer at all. */
#define PATIENCE (60 * NANOS_PER_SECOND)

nanos_t request_patience(void) {
    return clock_monotonic() + PATIENCE;
}

void request_finished(struct request *request, uint32_t written) {
    request->in_size = MIN(written, request->in_capacity);
    request->finished = true;
    if (request->sleeper)
        thread_wake(request->sleeper, 0);
    if (request->on_finished)
        request->on_finished(request);
}

struct message *request_begin(struct request *request, enum ninep_type type) {
    request->type = type;
    message_begin(&request->message, request->out, request->out_capacity, type, request->tag);
    return &request->message;
}

void request_poll_once(struct transport *transport, nanos_t deadline) {
    transport->poll(transport);
    if (clock_monotonic() > deadline)
        panic("the host does not answer for a volume any more");
    __builtin_ia32_pause();
}

static void submit(struct transport *transport, struct request *request) {
    nanos_t deadline = request_patience();

    request->finished = false;
    while (!transport->submit(transport, request))
        request_poll_once(transport, deadline);
}

/* A request that did not fit its buffer is a name that is too long. */
static bool complete(struct request *request) {
    request->out_size = (uint32_t)message_end(&request->message);
    return request->out_size > 0;
}

static int take_reply(struct request *request) {
    return reply_begin(&request->message, request->in, request->in_size, request->type,
                       request->tag);
}

int request_poll(struct transport *transport, struct request *request) {
    if (!complete(request))
        return -ENAMETOOLONG;
    request->sleeper = NULL;
    submit(transport, request);
    nanos_t deadline = request_patience();
    while (!request->finished)
        request_poll_once(transport, deadline);
    return take_reply(request);
}

/* No signal ends the sleep: the buffer is the device's until it answers, and files on a disk are
 * waited for to the end under Linux too. */
int request_sleep(struct transport *transport, struct request *request) {
    if (!complete(request))
        return -ENAMETOOLONG;
    request->sleeper = current;
    submit(transport, request);
    if (transport->sleeping++ == 0)
        transport->listen(transport, true);
    while (!request->finished)
        thread_sleep(NANOS_NEVER);
    if (--transport->sleeping == 0)
        transport->listen(transport, false);
    request->sleeper = NULL;
    return take_reply(request);
}

void request_send(struct transport *transport, struct request *request) {
    request->sleeper = NULL;
    if (complete(request))
        submit(transport, request);
}
