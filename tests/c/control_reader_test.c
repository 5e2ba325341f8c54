/* Frames of the control channel, however the host's bytes are cut. */
#include "check.h"
#include "core/alloc.h"
#include "drivers/virtio/console/control_reader.h"
#include "shims/shims.h"

static uint8_t stream[256];
static size_t length;

static void put_frame(uint32_t kind, const char *payload) {
    const struct control_header header = {(uint32_t)strlen(payload), kind};
    memcpy(stream + length, &header, sizeof(header));
    memcpy(stream + length + sizeof(header), payload, header.size);
    length += sizeof(header) + header.size;
}

static void three_frames(void) {
    length = 0;
    put_frame(CONTROL_RUNTIME, "hello");
    put_frame(CONTROL_TIME_REPLY, "");
    put_frame(CONTROL_RUNTIME, "a longer one, to be split in the middle");
}

static void check_message(struct control_message *message, int index) {
    static const char *const payloads[] = {"hello", "", "a longer one, to be split in the middle"};
    static const uint32_t kinds[] = {CONTROL_RUNTIME, CONTROL_TIME_REPLY, CONTROL_RUNTIME};
    CHECK(index < 3);
    CHECK_EQUAL(message->header.kind, kinds[index]);
    CHECK_EQUAL(message->header.size, strlen(payloads[index]));
    CHECK(memcmp(message->payload, payloads[index], message->header.size) == 0);
    kfree(message);
}

static int feed(struct control_reader *reader, const uint8_t *data, size_t size, int seen) {
    while (size > 0) {
        struct control_message *message = control_reader_feed(reader, &data, &size);
        if (message == NULL)
            break;
        check_message(message, seen++);
    }
    CHECK_EQUAL(size, 0);
    return seen;
}

static void frames_may_be_split_anywhere(void) {
    three_frames();
    for (size_t cut = 0; cut <= length; cut++) {
        struct control_reader reader = {0};
        int seen = feed(&reader, stream, cut, 0);
        seen = feed(&reader, stream + cut, length - cut, seen);
        CHECK_EQUAL(seen, 3);
    }
}

static void frames_may_come_byte_by_byte(void) {
    three_frames();
    struct control_reader reader = {0};
    int seen = 0;
    for (size_t i = 0; i < length; i++)
        seen = feed(&reader, stream + i, 1, seen);
    CHECK_EQUAL(seen, 3);
}

static void a_frame_over_the_limit_breaks_the_stream(void) {
    struct control_reader reader = {0};
    const struct control_header header = {CONTROL_PAYLOAD_MAX + 1, CONTROL_RUNTIME};
    const uint8_t *data = (const uint8_t *)&header;
    size_t size = sizeof(header);
    CHECK(control_reader_feed(&reader, &data, &size) == NULL);
    CHECK(reader.broken);
    CHECK(control_reader_feed(&reader, &data, &size) == NULL);
}

static void no_memory_breaks_the_stream(void) {
    three_frames();
    struct control_reader reader = {0};
    const uint8_t *data = stream;
    size_t size = length;
    shim_allocations_before_failure = 0;
    CHECK(control_reader_feed(&reader, &data, &size) == NULL);
    CHECK(reader.broken);
    shim_allocations_before_failure = SIZE_MAX;
}

int main(void) {
    RUN(frames_may_be_split_anywhere);
    RUN(frames_may_come_byte_by_byte);
    RUN(a_frame_over_the_limit_breaks_the_stream);
    RUN(no_memory_breaks_the_stream);
    return 0;
}
