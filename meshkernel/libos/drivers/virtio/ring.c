#include "drivers/virtio/ring.h"

#include "arch/x86_64/io.h"
#include "core/pages.h"
#include "core/print.h"
#include "core/string.h"

static size_t available_bytes(uint16_t size) {
    return sizeof(struct ring_available) + (size + 1u) * sizeof(uint16_t);
}

/* The used ring starts on its own cache line, behind the parts that we write. */
static size_t used_offset(uint16_t size) {
    return (size * sizeof(struct ring_descriptor) + available_bytes(size) + 63) & ~(size_t)63;
}

size_t virtqueue_memory_size(uint16_t size) {
    return used_offset(size) + sizeof(struct ring_used) + size * sizeof(struct ring_used_element) +
           sizeof(uint16_t);
}

void virtqueue_init(struct virtqueue *queue, void *memory, uint16_t size, bool event_index) {
    assert(size > 0 && size <= VIRTQUEUE_SIZE_MAX && (size & (size - 1)) == 0);
    memset(queue, 0, sizeof(*queue));
    memset(memory, 0, virtqueue_memory_size(size));
    queue->size = size;
    queue->event_index = event_index;
    queue->free_count = size;
    queue->descriptors = memory;
    queue->available = (struct ring_available *)(queue->descriptors + size);
    queue->used = (struct ring_used *)((char *)memory + used_offset(size));
    for (uint16_t i = 0; i < size; i++)
        queue->descriptors[i].next = i + 1;
}

/* Where the other side writes the index at which it wants to hear from us, and we from it. */
static volatile uint16_t *used_event(struct virtqueue *queue) {
    return &queue->available->ring[queue->size];
}

static volatile uint16_t *available_event(struct virtqueue *queue) {
    return (volatile uint16_t *)&queue->used->ring[queue->size];
}

static uint16_t used_index(const struct virtqueue *queue) {
    return *(const volatile uint16_t *)&queue->used->index;
}

bool virtqueue_add(struct virtqueue *queue, const struct virtqueue_buffer *buffers,
                   unsigned out_count, unsigned in_count, void *token) {
    unsigned count = out_count + in_count;
    assert(count > 0 && token != NULL);
    if (count > queue->free_count)
        return false;
    uint16_t head = queue->free_head, last = head;
    for (unsigned i = 0; i < count; i++) {
        last = queue->free_head;
        struct ring_descriptor *descriptor = &queue->descriptors[last];
        queue->free_head = descriptor->next;
        descriptor->address = phys_of(buffers[i].memory);
        descriptor->length = buffers[i].length;
        descriptor->flags = RING_DESCRIPTOR_NEXT | (i < out_count ? 0 : RING_DESCRIPTOR_WRITE);
    }
    queue->descriptors[last].flags &= (uint16_t)~RING_DESCRIPTOR_NEXT;
    queue->free_count -= count;
    queue->tokens[head] = token;
    queue->available->ring[queue->added % queue->size] = head;
    /* Descriptors and ring slot must be visible before the index that hands them over. */
    barrier_write();
    queue->added++;
    *(volatile uint16_t *)&queue->available->index = queue->added;
    return true;
}

bool virtqueue_notify_due(struct virtqueue *queue) {
    uint16_t before = queue->notified;
    queue->notified = queue->added;
    if (before == queue->added)
        return false;
    /* The new index must be visible before we read whether the device sleeps: the device sets its
     * wish and then looks at the index, so one of us sees the other. */
    barrier_full();
    if (!queue->event_index)
        return !(*(volatile uint16_t *)&queue->used->flags & RING_USED_NO_NOTIFY);
    /* Due when the event lies in [before, added). */
    uint16_t event = *available_event(queue);
    return (uint16_t)(queue->added - event - 1) < (uint16_t)(queue->added - before);
}

static void free_chain(struct virtqueue *queue, uint16_t head) {
    uint16_t last = head, count = 1;
    while (queue->descriptors[last].flags & RING_DESCRIPTOR_NEXT) {
        last = queue->descriptors[last].next;
        count++;
    }
    queue->descriptors[last].next = queue->free_head;
    queue->free_head = head;
    queue->free_count += count;
}

void *virtqueue_take(struct virtqueue *queue, uint32_t *length) {
    if (queue->taken == used_index(queue))
        return NULL;
    /* The index must be read before the element and the buffer that it makes valid. */
    barrier_read();
    const struct ring_used_element *element = &queue->used->ring[queue->taken % queue->size];
    uint32_t head = element->id;
    if (head >= queue->size || queue->tokens[head] == NULL)
        panic("A virtio device returned a buffer that it was not given.");
    void *token = queue->tokens[head];
    *length = element->length;
    queue->tokens[head] = NULL;
    free_chain(queue, (uint16_t)head);
    queue->taken++;
    return token;
}

bool virtqueue_interrupt_after(struct virtqueue *queue, uint16_t after) {
    if (!queue->event_index)
        after = 1;
    *used_event(queue) = (uint16_t)(queue->taken + after - 1);
    *(volatile uint16_t *)&queue->available->flags = 0;
    /* The wish must be visible before we look whether it came too late. */
    barrier_full();
    return (uint16_t)(used_index(queue) - queue->taken) < after;
}

void virtqueue_interrupt_never(struct virtqueue *queue) {
    /* With EVENT_IDX the flag is ignored: an index just taken is the one furthest ahead. */
    *used_event(queue) = (uint16_t)(queue->taken - 1);
    *(volatile uint16_t *)&queue->available->flags = RING_AVAILABLE_NO_INTERRUPT;
}

unsigned virtqueue_in_flight(const struct virtqueue *queue) {
    return queue->size - queue->free_count;
}
