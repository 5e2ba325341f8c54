#include "report.h"

#include "egress.h"
#include "flow.h"
#include "pcap.h"
#include "tunnel.h"

#include <inttypes.h>

static void report_traffic(const char *name, const struct traffic *traffic, struct text *text) {
    text_add(text, "\"%s\":{\"frames\":%" PRIu64 ",\"bytes\":%" PRIu64 "}", name, traffic->frames,
             traffic->bytes);
}

static void report_port(const struct port *port, struct text *text) {
    const char *comma = "";
    text_add(text, "\"%s\":{\"attached\":%s,\"holds\":%s,\"kept\":%u,", port->name,
             port->deliver ? "true" : "false", port->holds ? "true" : "false", port->kept);
    report_traffic("sent", &port->sent, text);
    text_add(text, ",");
    report_traffic("received", &port->received, text);
    text_add(text, ",\"drops\":{");
    for (int verdict = FRAME_FORWARDED + 1; verdict < VERDICTS; verdict++) {
        if (!port->drops[verdict])
            continue;
        text_add(text, "%s\"%s\":%" PRIu64, comma, verdict_names[verdict], port->drops[verdict]);
        comma = ",";
    }
    text_add(text, "}}");
}

static void report_link(const struct link *link, struct text *text) {
    text_add(text, "{\"from\":\"%s\",\"to\":\"%s\",", link->source->name, link->target->name);
    report_traffic("forward", &link->forward, text);
    text_add(text, ",");
    report_traffic("reverse", &link->reverse, text);
    text_add(text, "}");
}

void report_counters(const struct mesh *mesh, struct text *text) {
    text_add(text, "{\"ok\":true,\"ports\":{");
    for (const struct port *port = mesh->ports; port; port = port->next) {
        report_port(port, text);
        text_add(text, port->next ? "," : "");
    }
    text_add(text, "},\"links\":[");
    for (const struct link *link = mesh->links; link; link = link->next) {
        report_link(link, text);
        text_add(text, link->next ? "," : "");
    }
    text_add(text, "],\"egress\":");
    egress_report(mesh, text);
    text_add(text, ",\"flows\":%u,\"tunnels\":%u,\"pcap_error\":", flow_count(mesh->flows),
             tunnel_count());
    if (pcap_error())
        text_add_quoted(text, pcap_error());
    else
        text_add(text, "null");
    text_add(text, "}\n");
}
