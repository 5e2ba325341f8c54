/* The virtqueue against a device that is simulated from the other side of the rings. */
#include "check.h"
#include "core/pages.h"
#include "drivers/virtio/ring.h"
#include "shims/shims.h"

#define SIZE 8

static struct virtqueue queue;
static _Alignas(4096) uint8_t memory[8192];
static uint16_t device_seen; /* index of the available ring */

uint64_t phys_of(const void *direct) {
    return (uint64_t)direct;
}

static void start(bool event_index) {
    CHECK(virtqueue_memory_size(SIZE) <= sizeof(memory));
    virtqueue_init(&queue, memory, SIZE, event_index);
    device_seen = 0;
}

/* The device takes the next chain: its head; its buffers are at the addresses. */
static int device_take(struct ring_descriptor *chain, unsigned *count) {
    if (device_seen == queue.available->index)
        return -1;
    uint16_t head = queue.available->ring[device_seen++ % SIZE], at = head;
    *count = 0;
    for (;;) {
        chain[(*count)++] = queue.descriptors[at];
        if (!(queue.descriptors[at].flags & RING_DESCRIPTOR_NEXT))
            return head;
        at = queue.descriptors[at].next;
    }
}

static void device_return(int head, uint32_t length) {
    queue.used->ring[queue.used->index % SIZE] = (struct ring_used_element){(uint32_t)head, length};
    queue.used->index++;
}

static void chains_arrive_as_they_were_added(void) {
    start(false);
    char out[3], in[5];
    const struct virtqueue_buffer buffers[] = {{out, 3}, {in, 5}};
    struct ring_descriptor chain[SIZE];
    unsigned count;
    uint32_t length;
    CHECK(virtqueue_add(&queue, buffers, 1, 1, out));
    int head = device_take(chain, &count);
    CHECK_EQUAL(count, 2);
    CHECK_EQUAL(chain[0].address, (uintptr_t)out);
    CHECK_EQUAL(chain[0].length, 3);
    CHECK_EQUAL(chain[0].flags & RING_DESCRIPTOR_WRITE, 0);
    CHECK_EQUAL(chain[1].address, (uintptr_t)in);
    CHECK(chain[1].flags & RING_DESCRIPTOR_WRITE);
    CHECK(virtqueue_take(&queue, &length) == NULL);
    device_return(head, 4);
    CHECK(virtqueue_take(&queue, &length) == out);
    CHECK_EQUAL(length, 4);
    CHECK(virtqueue_take(&queue, &length) == NULL);
    CHECK_EQUAL(virtqueue_in_flight(&queue), 0);
}

static void a_full_queue_refuses(void) {
    start(false);
    char bytes[SIZE];
    const struct virtqueue_buffer pair[] = {{bytes, 1}, {bytes + 1, 1}};
    for (int i = 0; i < SIZE / 2; i++)
        CHECK(virtqueue_add(&queue, pair, 2, 0, bytes));
    CHECK(!virtqueue_add(&queue, pair, 1, 0, bytes));
    CHECK_EQUAL(virtqueue_in_flight(&queue), SIZE);
    struct ring_descriptor chain[SIZE];
    unsigned count;
    uint32_t length;
    device_return(device_take(chain, &count), 0);
    CHECK(virtqueue_take(&queue, &length) == bytes);
    CHECK(virtqueue_add(&queue, pair, 2, 0, bytes));
}

/* More than 65536 turns, returned out of order: every index wraps. */
static void indices_wrap(void) {
    start(true);
    int tokens[3];
    char byte;
    const struct virtqueue_buffer buffer = {&byte, 1};
    for (int turn = 0; turn < 50000; turn++) {
        int heads[3];
        for (int i = 0; i < 3; i++)
            CHECK(virtqueue_add(&queue, &buffer, i & 1, !(i & 1), &tokens[i]));
        struct ring_descriptor chain[SIZE];
        unsigned count;
        uint32_t length;
        for (int i = 0; i < 3; i++)
            heads[i] = device_take(chain, &count);
        CHECK_EQUAL(device_take(chain, &count), -1);
        for (int i = 2; i >= 0; i--)
            device_return(heads[i], (uint32_t)i);
        for (int i = 2; i >= 0; i--) {
            CHECK(virtqueue_take(&queue, &length) == &tokens[i]);
            CHECK_EQUAL(length, i);
        }
    }
}

static void the_device_is_notified_when_it_asks(void) {
    char byte;
    const struct virtqueue_buffer buffer = {&byte, 1};
    start(false);
    CHECK(!virtqueue_notify_due(&queue)); /* nothing added */
    virtqueue_add(&queue, &buffer, 1, 0, &byte);
    CHECK(virtqueue_notify_due(&queue));
    queue.used->flags = RING_USED_NO_NOTIFY;
    virtqueue_add(&queue, &buffer, 1, 0, &byte);
    CHECK(!virtqueue_notify_due(&queue));

    start(true);
    uint16_t *available_event = (uint16_t *)&queue.used->ring[SIZE];
    *available_event = 1; /* not for the first, but for the second */
    virtqueue_add(&queue, &buffer, 1, 0, &byte);
    CHECK(!virtqueue_notify_due(&queue));
    virtqueue_add(&queue, &buffer, 1, 0, &byte);
    CHECK(virtqueue_notify_due(&queue));
    virtqueue_add(&queue, &buffer, 1, 0, &byte);
    CHECK(!virtqueue_notify_due(&queue)); /* it has been told already */
}

/* What a device does before it interrupts (section 2.7.7). */
static bool device_interrupts(uint16_t before, uint16_t after) {
    uint16_t event = queue.available->ring[SIZE];
    if (!queue.event_index)
        return !(queue.available->flags & RING_AVAILABLE_NO_INTERRUPT);
    return (uint16_t)(after - event - 1) < (uint16_t)(after - before);
}

static void interrupts_come_after_as_many_as_asked(void) {
    char byte;
    const struct virtqueue_buffer buffer = {&byte, 1};
    start(true);
    for (int i = 0; i < 4; i++)
        virtqueue_add(&queue, &buffer, 1, 0, &byte);
    CHECK(virtqueue_interrupt_after(&queue, 3));
    CHECK(!device_interrupts(0, 2));
    CHECK(device_interrupts(2, 3));
    virtqueue_interrupt_never(&queue);
    CHECK(!device_interrupts(0, 4));
    struct ring_descriptor chain[SIZE];
    unsigned count;
    device_return(device_take(chain, &count), 0);
    CHECK(!virtqueue_interrupt_after(&queue, 1)); /* too late: it is there */
    CHECK(virtqueue_interrupt_after(&queue, 2));

    start(false);
    virtqueue_interrupt_never(&queue);
    CHECK(!device_interrupts(0, 1));
    CHECK(virtqueue_interrupt_after(&queue, 5));
    CHECK(device_interrupts(0, 1));
}

static void nonsense_from_the_device_is_a_panic(void) {
    uint32_t length;
    start(false);
    device_return(3, 0);
    virtqueue_take(&queue, &length); /* does not come back */
}

int main(int count, char **arguments) {
    if (count > 1 && strcmp(arguments[1], "nonsense") == 0) {
        nonsense_from_the_device_is_a_panic();
        return 0;
    }
    RUN(chains_arrive_as_they_were_added);
    RUN(a_full_queue_refuses);
    RUN(indices_wrap);
    RUN(the_device_is_notified_when_it_asks);
    RUN(interrupts_come_after_as_many_as_asked);
    return 0;
}
