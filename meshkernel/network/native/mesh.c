#include "mesh.h"

#include "flow.h"
#include "frame.h"

#include <stdlib.h>
#include <string.h>

const char *const verdict_names[VERDICTS] = {
    [FRAME_FORWARDED] = "forwarded",
    [DROP_MALFORMED] = "malformed",
    [DROP_SPOOFED_MAC] = "spoofed-mac",
    [DROP_SPOOFED_IP] = "spoofed-ip",
    [DROP_NOT_IP] = "not-ip",
    [DROP_MULTICAST] = "multicast",
    [DROP_FRAGMENT] = "fragment",
    [DROP_PROTOCOL] = "protocol",
    [DROP_UNKNOWN_DESTINATION] = "unknown-destination",
    [DROP_NO_LINK] = "no-link",
    [DROP_AGAINST_DIRECTION] = "against-direction",
    [DROP_NO_FLOW] = "no-flow",
    [DROP_EGRESS] = "egress",
    [DROP_NOT_ATTACHED] = "not-attached",
    [DROP_QUEUE_FULL] = "queue-full",
    [DROP_FAULT_INJECTED] = "fault-injected",
    [DROP_PARTITIONED] = "partitioned",
};

/* Addresses of a mesh are dense, so their low bits spread well; nobody but the plan chooses them.
 */
static size_t port_bucket(uint32_t address) {
    return address % (sizeof((struct mesh *)0)->by_address / sizeof(struct port *));
}

/* FNV-1a. */
static size_t name_bucket(const char *name) {
    uint32_t mixed = 0x811c9dc5U;
    for (; *name; name++)
        mixed = (mixed ^ (unsigned char)*name) * 0x01000193U;
    return mixed % (sizeof((struct mesh *)0)->by_name / sizeof(struct port *));
}

static size_t link_bucket(const struct port *source, const struct port *target) {
    uint32_t mixed = source->address * 0x9e3779b1U ^ target->address * 0x85ebca6bU;
    return (mixed >> 8) % (sizeof((struct mesh *)0)->by_pair / sizeof(struct link *));
}

bool mesh_init(struct mesh *mesh) {
    memset(mesh, 0, sizeof(*mesh));
    mesh->last_port = &mesh->ports;
    mesh->last_link = &mesh->links;
    mesh->flows = flow_table_new();
    return mesh->flows != NULL;
}

static void free_ways(struct way *way) {
    while (way) {
        struct way *next = way->next;
        free(way->host);
        free(way->host_number);
        free(way);
        way = next;
    }
}

void mesh_free(struct mesh *mesh) {
    flow_table_free(mesh->flows);
    while (mesh->links) {
        struct link *next = mesh->links->next;
        free_ways(mesh->links->ways);
        free(mesh->links);
        mesh->links = next;
    }
    while (mesh->ports) {
        struct port *next = mesh->ports->next;
        free(mesh->ports);
        mesh->ports = next;
    }
}

struct port *mesh_add_port(struct mesh *mesh, const char *name, uint32_t address) {
    if (strlen(name) >= NAME_SIZE || mesh_port(mesh, address) || mesh_port_named(mesh, name))
        return NULL;
    struct port *port = calloc(1, sizeof(*port));
    if (!port)
        return NULL;
    memcpy(port->name, name, strlen(name) + 1);
    port->address = address;
    struct port **bucket = &mesh->by_address[port_bucket(address)];
    port->next_alike = *bucket;
    *bucket = port;
    bucket = &mesh->by_name[name_bucket(name)];
    port->next_namesake = *bucket;
    *bucket = port;
    *mesh->last_port = port;
    mesh->last_port = &port->next;
    return port;
}

void mesh_add_replica(struct port *first, struct port *port) {
    struct port *last = first;
    while (last->next_replica)
        last = last->next_replica;
    last->next_replica = port;
    first->first_replica = port->first_replica = first;
}

struct link *mesh_add_link(struct mesh *mesh, struct port *source, struct port *target) {
    struct link *link = mesh_link(mesh, source, target);
    if (link)
        return link;
    link = calloc(1, sizeof(*link));
    if (!link)
        return NULL;
    link->source = source;
    link->target = target;
    struct link **bucket = &mesh->by_pair[link_bucket(source, target)];
    link->next_alike = *bucket;
    *bucket = link;
    *mesh->last_link = link;
    mesh->last_link = &link->next;
    return link;
}

bool mesh_add_way(struct link *link, uint16_t number, const char *host, const char *host_number) {
    struct way *way = calloc(1, sizeof(*way));
    if (!way)
        return false;
    *way = (struct way){.next = link->ways,
                        .number = number,
                        .host = strdup(host),
                        .host_number = strdup(host_number)};
    link->ways = way; /* freed with the link, whole or not */
    return way->host && way->host_number;
}

struct way *mesh_way(const struct link *link, uint16_t number) {
    struct way *way = link->ways;
    while (way && way->number != number)
        way = way->next;
    return way;
}

struct port *mesh_port(const struct mesh *mesh, uint32_t address) {
    struct port *port = mesh->by_address[port_bucket(address)];
    while (port && port->address != address)
        port = port->next_alike;
    return port;
}

struct port *mesh_port_named(const struct mesh *mesh, const char *name) {
    struct port *port = mesh->by_name[name_bucket(name)];
    while (port && strcmp(port->name, name) != 0)
        port = port->next_namesake;
    return port;
}

struct link *mesh_link(const struct mesh *mesh, const struct port *source,
                       const struct port *target) {
    struct link *link = mesh->by_pair[link_bucket(source, target)];
    while (link && (link->source != source || link->target != target))
        link = link->next_alike;
    return link;
}

void mac_of(uint32_t address, uint8_t mac[6]) {
    put16(mac, MAC_PREFIX);
    put32(mac + 2, address);
}
