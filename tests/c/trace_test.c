/* Records of the trace, from a call's arguments to the channel, and what TRACE_ONCE leaves out. */
#include "check.h"
#include "drivers/virtio/console/console.h"
#include "linux/errno.h"
#include "mm/user.h"
#include "shims/shims.h"
#include "trace/buffer.h"
#include "trace/capture.h"
#include "trace/once.h"
#include "trace/trace.h"

#define WRITE 1
#define OPENAT 257

/* The channel: what was sent last, and what it answers. */
static uint8_t sent[64 << 10];
static size_t sent_size, frames, queued;
static int answer;

int virtio_console_send(enum control_kind kind, const void *payload, size_t size) {
    CHECK_EQUAL(kind, CONTROL_TRACE);
    if (answer != 0)
        return answer;
    memcpy(sent, payload, size);
    sent_size = size;
    frames++;
    return 0;
}

size_t virtio_console_queued(void) {
    return queued;
}

static struct {
    struct trace_request request;
    struct trace_rule rules[8];
} asked;

static void ask(size_t count, const struct trace_rule *rules, uint32_t flags) {
    memset(&asked, 0, sizeof(asked));
    memset(asked.request.calls, 0xff, sizeof(asked.request.calls));
    asked.request.flags = flags;
    asked.request.rule_count = (uint32_t)count;
    memcpy(asked.rules, rules, count * sizeof(*rules));
    CHECK(trace_request_sound(&asked.request, sizeof(asked.request) + count * sizeof(*rules)));
    trace_request = &asked.request;
}

static struct trace_piece *piece_of(uint8_t *bytes, size_t size, const struct traced_call *call,
                                    enum trace_when when, unsigned expected) {
    struct capture capture = {.at = bytes, .left = size};

    capture_all(&capture, call, when);
    CHECK_EQUAL(capture.pieces, expected);
    CHECK_EQUAL((capture.at - bytes) % 8, 0);
    CHECK(capture.at <= bytes + size);
    return (struct trace_piece *)bytes;
}

static void check_text(const struct trace_piece *piece, const char *text, bool cut) {
    CHECK_EQUAL(piece->size, strlen(text));
    CHECK(memcmp(piece + 1, text, piece->size) == 0);
    CHECK_EQUAL(piece->cut, cut);
}

static const struct trace_rule path_rule = {
    .number = OPENAT, .argument = 1, .kind = TRACE_TEXT, .when = TRACE_AT_START, .size = 8};
static const struct trace_rule data_rule = {.number = WRITE,
                                            .argument = 1,
                                            .kind = TRACE_COUNTED,
                                            .when = TRACE_AT_START,
                                            .other = 2,
                                            .unit = 1,
                                            .size = 4};

static void texts_and_bytes_are_read_and_cut(void) {
    _Alignas(8) uint8_t room[64];
    struct traced_call call = {OPENAT, {0, (uint64_t)"/etc"}, 0};

    ask(1, &path_rule, 0);
    check_text(piece_of(room, sizeof(room), &call, TRACE_AT_START, 1), "/etc", false);
    piece_of(room, sizeof(room), &call, TRACE_AT_END, 0);
    call.arguments[1] = (uint64_t)"/etc/hosts";
    check_text(piece_of(room, sizeof(room), &call, TRACE_AT_START, 1), "/etc/hos", true);
    call.arguments[1] = 8; /* the null page */
    CHECK_EQUAL(piece_of(room, sizeof(room), &call, TRACE_AT_START, 1)->fault, 1);
    call.arguments[1] = 0;
    piece_of(room, sizeof(room), &call, TRACE_AT_START, 0);

    ask(1, &data_rule, 0);
    call = (struct traced_call){WRITE, {1, (uint64_t)"hello", 3}, 0};
    check_text(piece_of(room, sizeof(room), &call, TRACE_AT_START, 1), "hel", false);
    call.arguments[2] = UINT64_MAX;
    check_text(piece_of(room, sizeof(room), &call, TRACE_AT_START, 1), "hell", true);
    piece_of(room, 8, &call, TRACE_AT_START, 0); /* no room: left out */
}

static void vectors_are_joined(void) {
    _Alignas(8) uint8_t room[64];
    const struct iovec parts[] = {{(uaddr_t) "ab", 2}, {8, 0}, {(uaddr_t) "cdef", 4}};
    struct {
        uint64_t name, name_size;
        uaddr_t vector;
        uint64_t count;
    } message = {0, 0, (uaddr_t)parts, 3};
    struct trace_rule rules[] = {
        {.number = 20,
         .argument = 1,
         .kind = TRACE_VECTOR,
         .when = TRACE_AT_START | TRACE_AT_END,
         .other = 2,
         .size = 5},
        {.number = 46, .argument = 1, .kind = TRACE_MESSAGE, .when = TRACE_AT_START, .size = 16}};
    struct traced_call call = {20, {1, (uaddr_t)parts, 3}, 0};

    ask(2, rules, 0);
    check_text(piece_of(room, sizeof(room), &call, TRACE_AT_START, 1), "abcde", true);
    call.result = 3; /* at the end, as much as came */
    check_text(piece_of(room, sizeof(room), &call, TRACE_AT_END, 1), "abc", false);
    call.result = -EAGAIN;
    piece_of(room, sizeof(room), &call, TRACE_AT_END, 0);
    call = (struct traced_call){46, {1, (uaddr_t)&message}, 0};
    check_text(piece_of(room, sizeof(room), &call, TRACE_AT_START, 1), "abcdef", false);
}

static void once_is_once_for_each_feature(void) {
    const struct trace_rule rules[] = {
        {.number = 41, .argument = 0, .kind = TRACE_VALUE, .when = TRACE_FEATURE},
        {.number = OPENAT,
         .argument = 1,
         .kind = TRACE_TEXT,
         .when = TRACE_AT_START | TRACE_FEATURE,
         .size = 64}};
    struct traced_call inet = {41, {2}, 0}, local = {41, {1}, 0}, other = {39, {0}, 0};
    struct traced_call image = {OPENAT, {0, (uaddr_t) "/usr/lib/a"}, 0}, second = image,
                       proc = image;

    second.arguments[1] = (uaddr_t) "/usr/lib/b";
    proc.arguments[1] = (uaddr_t) "/proc/self/maps";
    ask(2, rules, TRACE_ONCE);
    CHECK(trace_once_ready());
    CHECK(trace_once_is_new(&inet) && !trace_once_is_new(&inet));
    CHECK(trace_once_is_new(&local) && !trace_once_is_new(&local));
    CHECK(trace_once_is_new(&other) && !trace_once_is_new(&other));
    CHECK(trace_once_is_new(&image) && !trace_once_is_new(&second));
    CHECK(trace_once_is_new(&proc) && !trace_once_is_new(&proc));
    for (uint64_t family = 100; family < 10000;
         family++) { /* more than there is room for: it ends */
        inet.arguments[0] = family;
        trace_once_is_new(&inet);
    }
    CHECK(trace_once_ready() && trace_once_is_new(&other)); /* all is forgotten */
}

static void requests_are_checked(void) {
    struct trace_rule two[] = {path_rule, data_rule}; /* not by number */

    memset(&asked, 0, sizeof(asked));
    asked.request.rule_count = 2;
    memcpy(asked.rules, two, sizeof(two));
    CHECK(!trace_request_sound(&asked.request, sizeof(asked.request) + sizeof(two)));
    asked.request.rule_count = 1;
    CHECK(trace_request_sound(&asked.request, sizeof(asked.request) + sizeof(two[0])));
    CHECK(!trace_request_sound(&asked.request, sizeof(asked.request) - 1));
    asked.request.rule_count = UINT32_MAX;
    CHECK(!trace_request_sound(&asked.request, sizeof(asked.request) + sizeof(two[0])));
    asked.request.rule_count = 1;
    asked.rules[0].argument = 6;
    CHECK(!trace_request_sound(&asked.request, sizeof(asked.request) + sizeof(two[0])));
}

static const struct trace_record record = {.size = sizeof(struct trace_record),
                                           .event = TRACE_RETURNED_FROM};

static uint64_t lost(void) {
    return ((const struct trace_batch *)sent)->lost;
}

static void records_leave_together_and_soon(void) {
    CHECK(trace_buffer_ready());
    trace_buffer_add(&record);
    trace_buffer_add(&record);
    CHECK_EQUAL(frames, 0);
    shim_advance(NANOS_PER_SECOND);
    CHECK_EQUAL(frames, 1);
    CHECK_EQUAL(sent_size, sizeof(struct trace_batch) + 2 * sizeof(record));
    CHECK_EQUAL(lost(), 0);
    for (int i = 0; i < 1000; i++)
        trace_buffer_add(&record);
    CHECK(frames > 1); /* without any time passing */
    trace_buffer_flush();
}

static void what_the_channel_does_not_take_is_counted(void) {
    size_t before = frames;

    queued = 1 << 20; /* the host does not read: nothing is sent, and nobody waits */
    for (int i = 0; i < 5; i++)
        trace_buffer_add(&record);
    shim_advance(NANOS_PER_SECOND);
    CHECK_EQUAL(frames, before);
    queued = 0;
    answer = -ENOMEM;
    trace_buffer_add(&record);
    trace_buffer_flush();
    CHECK_EQUAL(frames, before);
    answer = 0;
    shim_advance(NANOS_PER_SECOND); /* told without a record behind it */
    CHECK_EQUAL(frames, before + 1);
    CHECK_EQUAL(lost(), 6);
    CHECK_EQUAL(sent_size, sizeof(struct trace_batch));
    shim_advance(NANOS_PER_SECOND);
    CHECK_EQUAL(frames, before + 1);
}

int main(void) {
    RUN(texts_and_bytes_are_read_and_cut);
    RUN(vectors_are_joined);
    RUN(once_is_once_for_each_feature);
    RUN(requests_are_checked);
    RUN(records_leave_together_and_soon);
    RUN(what_the_channel_does_not_take_is_counted);
    return 0;
}
