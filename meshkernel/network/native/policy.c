#include "policy.h"

#include "flow.h"

static enum verdict find_destination(const struct mesh *mesh, const struct port *source,
                                     const uint8_t *frame, const struct packet *packet,
                                     struct port **found) {
    struct port *port = get16(frame) == MAC_PREFIX ? mesh_port(mesh, get32(frame + 2)) : NULL;
    if (port && port == mesh->gateway && packet->destination != port->address) {
        port = mesh_port(mesh, packet->destination); /* by its own address, through the gateway */
        if (!port || !port->outside)
            return DROP_EGRESS;
    }
    if (!port || port == source || packet->destination != port->address)
        return DROP_UNKNOWN_DESTINATION;
    if (packet->six && port == mesh->gateway) /* which speaks IPv4 */
        return DROP_NO_LINK;
    *found = port;
    return FRAME_FORWARDED;
}

bool policy_opens(const struct packet *packet) {
    if (packet->icmp_type == ICMP_UNREACHABLE)
        return false;
    if (packet->protocol == PROTOCOL_TCP)
        return (packet->tcp_flags & (TCP_FLAG_SYN | TCP_FLAG_ACK)) == TCP_FLAG_SYN;
    return packet->protocol == PROTOCOL_UDP || packet->icmp_type == ICMP_REQUEST;
}

/* A packet of no flow may make one along a link; a TCP opener's packet in mid-stream too, since its
 * flow may have expired while the connection was silent. */
static bool may_make_flow(const struct packet *packet) {
    if (packet->protocol == PROTOCOL_TCP && packet->icmp_type != ICMP_UNREACHABLE)
        return (packet->tcp_flags & TCP_FLAG_RST) == 0;
    return policy_opens(packet);
}

/* Along a way of this link: TCP over IPv4, to one of the numbers that the topology has. */
static bool goes_out(const struct link *link, const struct packet *packet) {
    return packet->protocol == PROTOCOL_TCP && !packet->six &&
           mesh_way(link, packet->destination_port);
}

static enum verdict judge_stray(struct mesh *mesh, struct port *source, struct port *destination,
                                const struct packet *packet, struct flow **flow) {
    struct link *link = mesh_link(mesh, source, destination);
    if (destination->outside && !(link && goes_out(link, packet)))
        return DROP_EGRESS;
    if (!link) {
        if (!mesh_link(mesh, destination, source))
            return DROP_NO_LINK;
        return policy_opens(packet) ? DROP_AGAINST_DIRECTION : DROP_NO_FLOW;
    }
    if (!may_make_flow(packet))
        return DROP_NO_FLOW;
    *flow = flow_open(mesh->flows, link, packet);
    return *flow ? FRAME_FORWARDED : DROP_QUEUE_FULL;
}

enum verdict policy_judge(struct mesh *mesh, struct port *source, const uint8_t *frame,
                          uint32_t size, uint64_t now, struct route *route) {
    struct packet packet;
    struct port *destination = NULL;
    enum verdict verdict = frame_read(frame, size, source->address, &packet);
    if (!verdict)
        verdict = find_destination(mesh, source, frame, &packet, &destination);
    if (verdict)
        return verdict;
    struct flow *flow = flow_find(mesh->flows, &packet, now);
    if (flow && flow->link->source != source && packet.protocol != PROTOCOL_UDP &&
        policy_opens(&packet)) {
        /* The target opens with the flow's own ports: judged as if there were no flow. */
        if (!mesh_link(mesh, source, destination))
            return DROP_AGAINST_DIRECTION;
        flow_close(mesh->flows, flow);
        flow = NULL;
    }
    if (!flow)
        verdict = judge_stray(mesh, source, destination, &packet, &flow);
    if (verdict)
        return verdict;
    bool reverse = flow->link->source != source;
    flow_note(flow, &packet, reverse, now);
    *route = (struct route){source, destination, flow->link, reverse};
    return FRAME_FORWARDED;
}
