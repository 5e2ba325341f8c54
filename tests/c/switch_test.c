/* The switch's flow table, policy and faults without a process around them. */
#include "answer.h"
#include "check.h"
#include "fault.h"
#include "flow.h"
#include "policy.h"
#include "summon.h"

#include <stdlib.h>

static struct mesh mesh;
static struct port *a, *b, *c;

static void set_up(void) {
    CHECK(mesh_init(&mesh));
    a = mesh_add_port(&mesh, "a", 0x0a000002);
    b = mesh_add_port(&mesh, "b", 0x0a000003);
    c = mesh_add_port(&mesh, "c", 0x0a000004);
    CHECK(mesh_add_link(&mesh, a, b));
    CHECK(mesh_add_link(&mesh, c, b));
}

static void tear_down(void) {
    fault_free(&mesh);
    summon_free(&mesh);
    mesh_free(&mesh);
}

static uint32_t write_tcp(uint8_t *frame, const struct port *from, const struct port *to,
                          uint16_t from_number, uint16_t to_number, uint8_t flags) {
    struct packet packet = {.source = from->address,
                            .destination = to->address,
                            .source_port = from_number,
                            .destination_port = to_number,
                            .sequence = 1,
                            .acknowledged = 1};
    uint32_t size = answer_reset(frame, &packet);
    frame[47] = flags;
    return size;
}

static enum verdict judge(struct port *from, const struct port *to, uint16_t from_number,
                          uint16_t to_number, uint8_t flags, uint64_t now) {
    uint8_t frame[RESET_MAX];
    struct route route;
    uint32_t size = write_tcp(frame, from, to, from_number, to_number, flags);
    return policy_judge(&mesh, from, frame, size, now, &route);
}

#define SYN TCP_FLAG_SYN
#define ACK TCP_FLAG_ACK
#define FIN (TCP_FLAG_FIN | TCP_FLAG_ACK)
#define RST TCP_FLAG_RST

static void ports_and_links(void) {
    set_up();
    CHECK(mesh_port(&mesh, 0x0a000003) == b);
    CHECK(mesh_port(&mesh, 0x0a000009) == NULL);
    CHECK(mesh_port_named(&mesh, "c") == c);
    CHECK(mesh_link(&mesh, a, b) && !mesh_link(&mesh, b, a));
    CHECK(mesh_add_link(&mesh, a, b) == mesh_link(&mesh, a, b));
    CHECK(!mesh_add_port(&mesh, "a", 0x0a000009));
    CHECK(!mesh_add_port(&mesh, "d", 0x0a000002));
    tear_down();
}

static void a_thousand_ports(void) {
    char name[16];
    CHECK(mesh_init(&mesh));
    for (uint32_t at = 0; at < 1000; at++) {
        snprintf(name, sizeof(name), "p%u", at);
        CHECK(mesh_add_port(&mesh, name, 0x0a000100 + at));
    }
    for (uint32_t at = 0; at < 999; at++)
        CHECK(mesh_add_link(&mesh, mesh_port(&mesh, 0x0a000100 + at),
                            mesh_port(&mesh, 0x0a000101 + at)));
    for (uint32_t at = 0; at < 999; at++) {
        struct port *from = mesh_port(&mesh, 0x0a000100 + at);
        struct port *to = mesh_port(&mesh, 0x0a000101 + at);
        CHECK_EQUAL(judge(from, to, 1, 2, SYN, 0), FRAME_FORWARDED);
        CHECK_EQUAL(judge(to, from, 3, 4, SYN, 0), DROP_AGAINST_DIRECTION);
    }
    tear_down();
}

static void an_unanswered_opening_expires(void) {
    set_up();
    CHECK_EQUAL(judge(a, b, 1, 2, SYN, 1000), FRAME_FORWARDED);
    CHECK_EQUAL(judge(b, a, 2, 1, SYN | ACK, 60999), FRAME_FORWARDED);
    CHECK_EQUAL(judge(a, b, 3, 2, SYN, 1000), FRAME_FORWARDED);
    CHECK_EQUAL(judge(b, a, 2, 3, SYN | ACK, 61000), DROP_NO_FLOW);
    CHECK_EQUAL(flow_count(mesh.flows), 1);
    tear_down();
}

static void a_silent_connection_lives_for_a_day_and_is_found_again(void) {
    set_up();
    uint64_t day = 86400000;
    CHECK_EQUAL(judge(a, b, 1, 2, SYN, 0), FRAME_FORWARDED);
    CHECK_EQUAL(judge(b, a, 2, 1, SYN | ACK, 0), FRAME_FORWARDED);
    CHECK_EQUAL(judge(b, a, 2, 1, ACK, day - 1), FRAME_FORWARDED);
    CHECK_EQUAL(judge(b, a, 2, 1, ACK, 3 * day), DROP_NO_FLOW);
    CHECK_EQUAL(judge(a, b, 1, 2, ACK, 3 * day), FRAME_FORWARDED);
    CHECK_EQUAL(judge(b, a, 2, 1, ACK, 3 * day), FRAME_FORWARDED);
    tear_down();
}

static void ends_shorten_a_life(void) {
    set_up();
    CHECK_EQUAL(judge(a, b, 1, 2, SYN, 0), FRAME_FORWARDED);
    CHECK_EQUAL(judge(b, a, 2, 1, SYN | ACK, 0), FRAME_FORWARDED);
    CHECK_EQUAL(judge(a, b, 1, 2, FIN, 0), FRAME_FORWARDED);
    CHECK_EQUAL(judge(b, a, 2, 1, ACK, 599999), FRAME_FORWARDED); /* half-closed, and in use */
    CHECK_EQUAL(judge(b, a, 2, 1, FIN, 600000), FRAME_FORWARDED);
    CHECK_EQUAL(judge(b, a, 2, 1, ACK, 610000), DROP_NO_FLOW);
    CHECK_EQUAL(judge(a, b, 1, 2, SYN, 620000), FRAME_FORWARDED);
    CHECK_EQUAL(judge(b, a, 2, 1, RST, 620000), FRAME_FORWARDED);
    CHECK_EQUAL(judge(b, a, 2, 1, ACK, 630000), DROP_NO_FLOW);
    tear_down();
}

static void the_same_ports_again(void) {
    set_up();
    CHECK_EQUAL(judge(a, b, 1, 2, SYN, 0), FRAME_FORWARDED);
    CHECK_EQUAL(judge(b, a, 2, 1, RST, 0), FRAME_FORWARDED);
    CHECK_EQUAL(judge(a, b, 1, 2, SYN, 100), FRAME_FORWARDED);
    CHECK_EQUAL(judge(b, a, 2, 1, SYN | ACK, 50000), FRAME_FORWARDED);
    CHECK_EQUAL(flow_count(mesh.flows), 1);
    tear_down();
}

static void one_port_cannot_push_out_the_flows_of_another(void) {
    set_up();
    CHECK_EQUAL(judge(c, b, 1, 2, SYN, 0), FRAME_FORWARDED);
    CHECK_EQUAL(judge(a, b, 1, 1, SYN, 0), FRAME_FORWARDED);
    CHECK_EQUAL(judge(a, b, 2, 1, SYN, 0), FRAME_FORWARDED);
    CHECK_EQUAL(judge(b, a, 1, 1, SYN | ACK, 0), FRAME_FORWARDED); /* in use later than (2, 1) */
    for (uint32_t at = 0; at < FLOWS_PER_PORT - 1; at++)
        CHECK_EQUAL(judge(a, b, (uint16_t)at, 7, SYN, 0), FRAME_FORWARDED);
    CHECK_EQUAL(a->flows, FLOWS_PER_PORT);
    CHECK_EQUAL(flow_count(mesh.flows), FLOWS_PER_PORT + 1);
    CHECK_EQUAL(judge(b, a, 1, 2, SYN | ACK, 0), DROP_NO_FLOW);
    CHECK_EQUAL(judge(b, a, 1, 1, ACK, 0), FRAME_FORWARDED);
    CHECK_EQUAL(judge(b, c, 2, 1, SYN | ACK, 0), FRAME_FORWARDED);
    tear_down();
}

static uint32_t closed;

static void count_closed(const struct flow *flow, void *context) {
    CHECK(flow->link->source == context || flow->link->target == context);
    closed++;
}

static void the_flows_of_a_port_that_goes(void) {
    set_up();
    for (uint16_t at = 1; at <= 100; at++) {
        CHECK_EQUAL(judge(a, b, at, 2, SYN, 0), FRAME_FORWARDED);
        CHECK_EQUAL(judge(c, b, at, 2, SYN, 0), FRAME_FORWARDED);
    }
    flow_close_port(mesh.flows, a, count_closed, a);
    CHECK_EQUAL(closed, 100);
    CHECK_EQUAL(a->flows, 0);
    CHECK(!a->newest_flow && !a->oldest_flow);
    CHECK_EQUAL(flow_count(mesh.flows), 100);
    flow_close_port(mesh.flows, b, count_closed, b);
    CHECK_EQUAL(flow_count(mesh.flows), 0);
    tear_down();
}

static uint32_t order[8], delivered;

static void note_delivered(const struct route *route, const uint8_t *frame, uint32_t size) {
    CHECK(route->source == a && size == 1);
    order[delivered++] = frame[0];
}

static void delays_keep_the_order(void) {
    set_up();
    struct route route = {a, b, mesh_link(&mesh, a, b), false};
    CHECK_EQUAL(fault_apply(&route, (uint8_t[]){0}, 1, 0), FRAME_FORWARDED);
    CHECK_EQUAL(fault_due(0), -1);
    CHECK(fault_delay(a, b, 100));
    CHECK_EQUAL(fault_apply(&route, (uint8_t[]){1}, 1, 0), FRAME_HELD);
    CHECK_EQUAL(fault_apply(&route, (uint8_t[]){2}, 1, 50), FRAME_HELD);
    CHECK(fault_delay(a, b, 0));
    CHECK_EQUAL(fault_apply(&route, (uint8_t[]){3}, 1, 60), FRAME_HELD);
    CHECK_EQUAL(fault_due(60), 40);
    fault_release(&mesh, 99, note_delivered);
    CHECK_EQUAL(delivered, 0);
    fault_release(&mesh, 100, note_delivered);
    CHECK_EQUAL(delivered, 1);
    CHECK_EQUAL(fault_due(100), 50);
    fault_release(&mesh, 150, note_delivered);
    CHECK_EQUAL(delivered, 3);
    CHECK(order[0] == 1 && order[1] == 2 && order[2] == 3);
    CHECK_EQUAL(fault_due(150), -1);
    CHECK_EQUAL(fault_apply(&route, (uint8_t[]){4}, 1, 150), FRAME_FORWARDED);
    tear_down();
}

static void held_bytes_are_bounded(void) {
    static uint8_t frame[FRAME_MAX];
    set_up();
    struct route route = {a, b, mesh_link(&mesh, a, b), false};
    CHECK(fault_delay(a, b, 100));
    for (uint32_t at = 0; at < QUEUE_MAX / FRAME_MAX; at++)
        CHECK_EQUAL(fault_apply(&route, frame, FRAME_MAX, 0), FRAME_HELD);
    CHECK_EQUAL(fault_apply(&route, frame, FRAME_MAX, 0), DROP_QUEUE_FULL);
    tear_down();
}

/* Each byte of a good frame replaced by every value: the sanitizers watch the reads. */
static void replace_bytes(const uint8_t *good, uint32_t whole, uint32_t headers) {
    for (uint32_t at = 0; at < whole; at++) {
        for (uint32_t value = 0; value < 256; value++) {
            for (uint32_t size = at + 1; size <= whole; size += 7) {
                uint8_t *frame = malloc(size); /* exactly as long, so that ASan sees its end */
                struct packet packet;
                memcpy(frame, good, size);
                frame[at] = (uint8_t)value;
                enum verdict verdict = frame_read(frame, size, a->address, &packet);
                CHECK(verdict >= FRAME_FORWARDED && verdict < VERDICTS);
                CHECK(size == whole || verdict != FRAME_FORWARDED ||
                      packet.protocol != PROTOCOL_TCP || packet.icmp_type ||
                      get16(frame + (packet.six ? 18 : 16)) < headers);
                free(frame);
            }
        }
    }
}

static void any_byte_anywhere(void) {
    set_up();
    uint8_t good[RESET_MAX];
    struct packet packet = {
        .source = a->address, .destination = b->address, .source_port = 1, .destination_port = 2};
    replace_bytes(good, answer_reset(good, &packet), 40);
    packet.six = true;
    uint32_t size = answer_reset(good, &packet);
    CHECK_EQUAL(size, RESET_MAX);
    CHECK_EQUAL(frame_read(good, size, a->address, &packet), FRAME_FORWARDED);
    CHECK(packet.six && packet.source == a->address && packet.destination == b->address);
    replace_bytes(good, size, 20);
    tear_down();
}

/* Ports of the openers that were delivered or refused, and how often a machine was wanted. */
static uint16_t arrived[8];
static uint32_t arrivals, refusals, wishes;

static void arrive(const struct route *route, const uint8_t *frame, uint32_t size) {
    struct packet packet;
    CHECK_EQUAL(frame_read(frame, size, route->source->address, &packet), FRAME_FORWARDED);
    CHECK(route->destination == b && !route->reverse);
    arrived[arrivals++ % 8] = packet.source_port;
}

static void refuse(struct port *sender, const struct packet *packet) {
    CHECK_EQUAL(sender->address, packet->source);
    refusals++;
}

static void want(const struct port *port) {
    CHECK(port == b);
    wishes++;
}

static void hold_b(void) {
    set_up();
    arrivals = refusals = wishes = 0;
    summon_wanted = want;
    summon_hold(b);
}

static enum verdict keep(struct port *from, struct port *to, uint16_t from_number, uint8_t flags,
                         uint64_t now) {
    uint8_t frame[RESET_MAX];
    struct route route;
    uint32_t size = write_tcp(frame, from, to, from_number, 7000, flags);
    CHECK_EQUAL(policy_judge(&mesh, from, frame, size, now, &route), FRAME_FORWARDED);
    return summon_keep(&route, frame, size);
}

static void openers_wait_in_their_order(void) {
    hold_b();
    CHECK_EQUAL(keep(a, b, 1, SYN, 0), FRAME_HELD);
    CHECK_EQUAL(keep(c, b, 1, SYN, 0), FRAME_HELD);
    CHECK_EQUAL(keep(a, b, 2, SYN, 0), FRAME_HELD);
    CHECK_EQUAL(keep(a, b, 9, ACK, 0), FRAME_FORWARDED); /* of a connection to the machine before */
    CHECK_EQUAL(wishes, 1);
    CHECK_EQUAL(b->kept, 3);
    summon_release(&mesh, b, 100000, arrive); /* their flows have expired */
    CHECK_EQUAL(arrivals, 3);
    CHECK(arrived[0] == 1 && arrived[1] == 1 && arrived[2] == 2);
    CHECK(!b->holds && b->kept == 0 && a->waiting == 0 && a->waiting_bytes == 0);
    CHECK_EQUAL(judge(b, a, 7000, 2, SYN | ACK, 100000), FRAME_FORWARDED);
    tear_down();
}

static void an_opener_that_is_sent_again_is_kept_once(void) {
    hold_b();
    for (int at = 0; at < 5; at++)
        CHECK_EQUAL(keep(a, b, 1, SYN, 1000 * (uint64_t)at), FRAME_HELD);
    CHECK_EQUAL(b->kept, 1);
    CHECK_EQUAL(wishes, 1);
    summon_release(&mesh, b, 5000, arrive);
    CHECK_EQUAL(arrivals, 1);
    summon_hold(b);
    CHECK_EQUAL(keep(a, b, 1, SYN, 6000), FRAME_HELD);
    CHECK_EQUAL(wishes, 2);
    tear_down();
}

static void answers_to_a_booting_machine_do_not_wait(void) {
    hold_b();
    CHECK(mesh_add_link(&mesh, b, a));
    CHECK_EQUAL(judge(b, a, 5, 7000, SYN, 0), FRAME_FORWARDED);
    uint8_t frame[RESET_MAX];
    struct route route;
    uint32_t size = write_tcp(frame, a, b, 7000, 5, SYN | ACK);
    CHECK_EQUAL(policy_judge(&mesh, a, frame, size, 0, &route), FRAME_FORWARDED);
    CHECK(route.reverse);
    CHECK_EQUAL(summon_keep(&route, frame, size), FRAME_FORWARDED);
    CHECK_EQUAL(wishes, 0);
    tear_down();
}

static void a_sender_fills_its_own_place_alone(void) {
    hold_b();
    for (uint16_t at = 0; at < KEPT_FRAMES; at++)
        CHECK_EQUAL(keep(a, b, at, SYN, 0), FRAME_HELD);
    CHECK_EQUAL(keep(a, b, KEPT_FRAMES, SYN, 0), DROP_QUEUE_FULL);
    CHECK_EQUAL(keep(a, b, 7, SYN, 0), FRAME_HELD); /* again */
    CHECK_EQUAL(keep(c, b, 1, SYN, 0), FRAME_HELD);
    summon_release(&mesh, b, 0, arrive);
    CHECK_EQUAL(arrivals, KEPT_FRAMES + 1);
    CHECK_EQUAL(a->waiting, 0);
    tear_down();
}

static void a_machine_that_does_not_come_up_refuses(void) {
    hold_b();
    CHECK_EQUAL(keep(a, b, 1, SYN, 0), FRAME_HELD);
    CHECK_EQUAL(keep(c, b, 2, SYN, 0), FRAME_HELD);
    summon_refuse(b, refuse);
    CHECK_EQUAL(refusals, 2);
    CHECK(!b->holds && b->kept == 0);
    summon_hold(b);
    CHECK_EQUAL(keep(a, b, 1, SYN, 0), FRAME_HELD); /* freed with the mesh */
    tear_down();
}

static void what_stands_keeps_a_machine_awake(void) {
    set_up();
    CHECK(!flow_stands(mesh.flows, b, 7000, 0));
    CHECK_EQUAL(judge(a, b, 1, 7000, SYN, 0), FRAME_FORWARDED);
    CHECK(flow_stands(mesh.flows, b, 7000, 0)); /* half-open */
    CHECK(!flow_stands(mesh.flows, a, 7000, 0));
    CHECK_EQUAL(judge(b, a, 7000, 1, SYN | ACK, 0), FRAME_FORWARDED);
    CHECK(!flow_stands(mesh.flows, b, 7000, 0)); /* a connection for calls rests */
    CHECK(flow_stands(mesh.flows, b, 80, 0));
    CHECK_EQUAL(judge(a, b, 1, 7000, RST, 0), FRAME_FORWARDED);
    CHECK(!flow_stands(mesh.flows, b, 80, 0));
    CHECK_EQUAL(judge(a, b, 2, 80, SYN, 0), FRAME_FORWARDED);
    CHECK(flow_stands(mesh.flows, b, 80, 59999));
    CHECK(!flow_stands(mesh.flows, b, 80, 60000)); /* expired */
    tear_down();
}

int main(void) {
    RUN(ports_and_links);
    RUN(a_thousand_ports);
    RUN(an_unanswered_opening_expires);
    RUN(a_silent_connection_lives_for_a_day_and_is_found_again);
    RUN(ends_shorten_a_life);
    RUN(the_same_ports_again);
    RUN(one_port_cannot_push_out_the_flows_of_another);
    RUN(the_flows_of_a_port_that_goes);
    RUN(delays_keep_the_order);
    RUN(held_bytes_are_bounded);
    RUN(openers_wait_in_their_order);
    RUN(an_opener_that_is_sent_again_is_kept_once);
    RUN(answers_to_a_booting_machine_do_not_wait);
    RUN(a_sender_fills_its_own_place_alone);
    RUN(a_machine_that_does_not_come_up_refuses);
    RUN(what_stands_keeps_a_machine_awake);
    RUN(any_byte_anywhere);
    return 0;
}
