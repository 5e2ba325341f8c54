#include "forward.h"

#include "answer.h"
#include "egress.h"
#include "fault.h"
#include "flow.h"
#include "loop.h"
#include "pcap.h"
#include "policy.h"
#include "summon.h"

static void count(struct traffic *traffic, uint32_t size) {
    traffic->frames++;
    traffic->bytes += size;
}

/* A machine that is gone cannot refuse what is still sent to it: a reset in its name ends the
 * sender's connection now instead of after its last retry. A SYN is left to be tried again. */
static void refuse(const struct route *route, const uint8_t *frame, uint32_t size) {
    struct port *sender = route->source;
    struct packet sent;
    if (!sender->wire || frame_read(frame, size, sender->address, &sent) ||
        sent.protocol != PROTOCOL_TCP || sent.icmp_type ||
        (sent.tcp_flags & (TCP_FLAG_ACK | TCP_FLAG_RST)) != TCP_FLAG_ACK)
        return;
    struct packet reset = {
        .six = sent.six,
        .source = sent.destination,
        .destination = sent.source,
        .source_port = sent.destination_port,
        .destination_port = sent.source_port,
        .sequence = sent.acknowledged,
        .acknowledged = sent.sequence + sent.tcp_length,
    };
    uint8_t answer[RESET_MAX];
    sender->deliver(sender, answer, answer_reset(answer, &reset));
}

void forward_deliver(const struct route *route, const uint8_t *frame, uint32_t size) {
    struct port *destination = route->destination;
    enum verdict verdict = destination->holds ? summon_keep(route, frame, size) : FRAME_FORWARDED;
    if (verdict == FRAME_HELD)
        return;
    if (!verdict)
        verdict = destination->deliver ? destination->deliver(destination, frame, size)
                                       : DROP_NOT_ATTACHED;
    if (verdict) {
        route->source->drops[verdict]++;
        if (verdict == DROP_NOT_ATTACHED)
            refuse(route, frame, size);
        return;
    }
    count(&destination->received, size);
    count(route->reverse ? &route->link->reverse : &route->link->forward, size);
    pcap_write(frame, size);
}

void forward(struct mesh *mesh, struct port *source, const uint8_t *frame, uint32_t size) {
    struct route route;
    count(&source->sent, size);
    enum verdict verdict = policy_judge(mesh, source, frame, size, loop_now(), &route);
    if (!verdict)
        verdict = fault_apply(&route, frame, size, loop_now());
    if (!verdict)
        forward_deliver(&route, frame, size);
    else if (verdict != FRAME_HELD)
        source->drops[verdict]++;
    if (verdict == DROP_EGRESS)
        egress_refuse(source, frame, size);
}

static void reset_other_end(const struct flow *flow, void *context) {
    const struct port *gone = context;
    if (flow->protocol != PROTOCOL_TCP || flow->state == FLOW_CLOSED)
        return;
    bool source_gone = flow->link->source == gone;
    struct port *other = source_gone ? flow->link->target : flow->link->source;
    uint32_t expected = source_gone ? flow->target_expects : flow->source_expects;
    if (!other->deliver || !expected)
        return;
    struct packet packet = {
        .six = flow->six,
        .source = gone->address,
        .destination = other->address,
        .source_port = source_gone ? flow->source_port : flow->target_port,
        .destination_port = source_gone ? flow->target_port : flow->source_port,
        .sequence = expected,
        .acknowledged = source_gone ? flow->source_expects : flow->target_expects,
    };
    uint8_t frame[RESET_MAX];
    other->deliver(other, frame, answer_reset(frame, &packet));
}

void forward_reset_flows(struct mesh *mesh, struct port *gone) {
    flow_close_port(mesh->flows, gone, reset_other_end, gone);
}
