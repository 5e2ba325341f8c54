#define _GNU_SOURCE
#include "egress.h"

#include "attempt.h"
#include "control.h"
#include "frame.h"
#include "gateway.h"
#include "loop.h"
#include "refusal.h"
#include "tunnel.h"

#include <inttypes.h>
#include <lwip/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* lwIP has finished the handshake that attempt_serve() let begin. */
static err_t accepted(void *argument, struct tcp_pcb *pcb, err_t error) {
    struct port *place = argument;
    if (error != ERR_OK || !pcb)
        return ERR_OK;
    const struct connection wanted = {
        .place = place,
        .address = lwip_ntohl(ip_2_ip4(&pcb->remote_ip)->addr),
        .source_port = pcb->remote_port,
        .number = pcb->local_port,
    };
    struct port *service;
    struct way *way;
    int fd = attempt_take(&wanted, &service, &way);
    if (fd >= 0 && tunnel_join(fd, pcb, service, way))
        return ERR_OK;
    if (fd >= 0)
        attempt_drop(fd);
    tcp_abort(pcb);
    return ERR_ABRT;
}

static bool listen_at(struct port *place, uint16_t number) {
    struct tcp_pcb *pcb = tcp_new();
    ip_addr_t address = {lwip_htonl(place->address)};
    if (!pcb)
        return false;
    if (tcp_bind(pcb, &address, number) != ERR_OK) {
        tcp_abort(pcb);
        return false;
    }
    struct tcp_pcb *listening = tcp_listen(pcb);
    if (!listening) {
        tcp_abort(pcb);
        return false;
    }
    tcp_arg(listening, place);
    tcp_accept(listening, accepted);
    return true;
}

static bool is_listened_at(const struct mesh *mesh, const struct port *place, uint16_t number) {
    for (const struct link *link = mesh->links; link; link = link->next)
        if (link->target == place && mesh_way(link, number))
            return true;
    return false;
}

static enum verdict deliver(struct port *place, const uint8_t *frame, uint32_t size) {
    struct connection wanted = {.place = place};
    if (attempt_opens(frame, size, &wanted) && !attempt_serve(&wanted, frame, size))
        return FRAME_FORWARDED; /* it waits for the server, or is in vain */
    return gateway_take_outside(place, frame, size);
}

const char *egress_add(struct mesh *mesh, struct port *service, const char *name, uint32_t address,
                       uint16_t number, const char *host, const char *host_number) {
    struct port *place = mesh_port_named(mesh, name);
    if (place ? !place->outside || place->address != address : mesh_port(mesh, address) != NULL)
        return "the name or the address is taken";
    if (!place)
        place = mesh_add_port(mesh, name, address);
    struct link *link = place ? mesh_add_link(mesh, service, place) : NULL;
    if (!link)
        return "out of memory";
    place->outside = true;
    place->deliver = deliver;
    if (mesh_way(link, number))
        return "there is this way already";
    attempt_use(mesh);
    if (!is_listened_at(mesh, place, number) && !listen_at(place, number))
        return "out of memory";
    return mesh_add_way(link, number, host, host_number) ? NULL : "out of memory";
}

void egress_refuse(struct port *sender, const uint8_t *frame, uint32_t size) {
    struct packet packet;
    if (sender->wire && !frame_read(frame, size, sender->address, &packet) &&
        packet.protocol == PROTOCOL_TCP && !packet.icmp_type && packet.tcp_flags & TCP_FLAG_SYN) {
        refusal_reset(sender, &packet);
        char place[16];
        uint32_t to = packet.destination;
        snprintf(place, sizeof(place), "%u.%u.%u.%u", to >> 24, to >> 16 & 255, to >> 8 & 255,
                 to & 255);
        if (!packet.six)
            egress_tell(sender, place, packet.destination_port, verdict_names[DROP_EGRESS]);
    }
}

void egress_port_changed(const struct port *port) {
    if (!port->deliver)
        attempt_forget(port);
}

void egress_bury_all(void) {
    attempt_bury_all();
}

static const char *const end_names[WAY_ENDS] = {
    [WAY_CONNECTED] = "connected",     [WAY_REFUSED] = "refused", [WAY_UNRESOLVED] = "unresolved",
    [WAY_UNREACHABLE] = "unreachable", [WAY_SILENT] = "silent",   [WAY_CROWDED] = "crowded",
};

void egress_tell(struct port *service, const char *place, uint16_t number, const char *why) {
    if (loop_now() < service->told_until)
        return;
    service->told_until = loop_now() + TOLD_EVERY;
    control_no_way(service, place, number, why);
}

void egress_tell_end(struct port *service, const struct port *place, uint16_t number,
                     enum way_end why) {
    egress_tell(service, place->name, number, end_names[why]);
}

static void report_way(const struct link *link, const struct way *way, struct text *text) {
    text_add(text, "{\"from\":\"%s\",\"to\":\"%s\",\"port\":%u", link->source->name,
             link->target->name, way->number);
    for (int end = 0; end < WAY_ENDS; end++)
        text_add(text, ",\"%s\":%" PRIu64, end_names[end], way->ends[end]);
    text_add(text, ",\"sent\":%" PRIu64 ",\"received\":%" PRIu64 "}", way->sent, way->received);
}

void egress_report(const struct mesh *mesh, struct text *text) {
    const char *comma = "";
    text_add(text, "[");
    for (const struct link *link = mesh->links; link; link = link->next)
        for (const struct way *way = link->ways; way; way = way->next) {
            text_add(text, "%s", comma);
            report_way(link, way, text);
            comma = ",";
        }
    text_add(text, "]");
}
