#include "refusal.h"

#include "answer.h"

#include <errno.h>

static enum way_end reason_of(int error) {
    if (error == ECONNREFUSED || error == ECONNRESET)
        return WAY_REFUSED;
    return error == ETIMEDOUT ? WAY_SILENT : WAY_UNREACHABLE;
}

void refusal_note(struct refusal *refusal, int error) {
    static const uint8_t weight[WAY_ENDS] = {[WAY_SILENT] = 1, [WAY_REFUSED] = 2};
    enum way_end why = reason_of(error);
    if (refusal->error && weight[why] <= weight[refusal->why])
        return;
    refusal->why = why;
    refusal->error = error;
}

void refusal_reset(struct port *sender, const struct packet *opener) {
    const struct packet reset = {
        .source = opener->destination,
        .destination = opener->source,
        .six = opener->six,
        .source_port = opener->destination_port,
        .destination_port = opener->source_port,
        .acknowledged = opener->sequence + opener->tcp_length,
    };
    uint8_t frame[RESET_MAX];
    uint32_t size = answer_reset(frame, &reset);
    if (sender->deliver)
        sender->deliver(sender, frame, size);
}

/* A name that the host does not know is no host, for a machine that knows its address already. */
static void send_unreachable(struct port *sender, int error, const struct port *gateway,
                             const uint8_t *syn) {
    uint8_t code = error == ENETUNREACH ? UNREACHABLE_NETWORK : UNREACHABLE_HOST;
    uint8_t frame[UNREACHABLE_MAX];
    uint32_t size = answer_unreachable(frame, gateway->address, syn, code);
    if (sender->deliver)
        sender->deliver(sender, frame, size);
}

void refusal_send(struct port *sender, enum way_end why, int error, const struct port *gateway,
                  const uint8_t *syn, uint32_t size) {
    struct packet opener;
    if (why == WAY_SILENT || frame_read(syn, size, sender->address, &opener))
        return; /* its own clock tells the machine */
    if (why == WAY_REFUSED)
        refusal_reset(sender, &opener);
    else
        send_unreachable(sender, error, gateway, syn);
}
