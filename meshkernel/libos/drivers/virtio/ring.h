/* The split virtqueue (virtio 1.2, section 2.7): the ring that driver and device share. It knows
 * neither the transport nor the device.
 *
 * The driver puts chains of descriptors on the available ring; the device returns them on the used
 * ring. Both indices run freely and wrap at 65536; the slot is the index modulo the queue's size.
 */
#pragma once

#include "core/types.h"

#define VIRTQUEUE_SIZE_MAX 256

struct ring_descriptor {
    uint64_t address; /* physical */
    uint32_t length;
    uint16_t flags;
    uint16_t next;
};

#define RING_DESCRIPTOR_NEXT 1u
#define RING_DESCRIPTOR_WRITE 2u /* the device writes, we read */

struct ring_available {
    uint16_t flags;
    uint16_t index;
    uint16_t ring[]; /* heads of chains; behind them uint16_t used_event */
};

#define RING_AVAILABLE_NO_INTERRUPT 1u

struct ring_used_element {
    uint32_t id; /* head of the chain */
    uint32_t length;
};

struct ring_used {
    uint16_t flags;
    uint16_t index;
    struct ring_used_element ring[]; /* behind them uint16_t available_event */
};

#define RING_USED_NO_NOTIFY 1u

struct virtqueue {
    uint16_t size; /* a power of two, at most VIRTQUEUE_SIZE_MAX */
    bool event_index;
    uint16_t free_head, free_count; /* descriptors in no chain, linked by `next` */
    uint16_t added;                 /* index of the available ring that we have published */
    uint16_t notified;              /* `added` when virtqueue_notify_due was last asked */
    uint16_t taken;                 /* used elements taken so far */
    struct ring_descriptor *descriptors;
    struct ring_available *available;
    struct ring_used *used;
    void *tokens[VIRTQUEUE_SIZE_MAX]; /* by head of chain, of the driver above */
};

struct virtqueue_buffer {
    void *memory; /* in the direct map */
    uint32_t length;
};

/* Bytes of physically contiguous, page-aligned memory that a queue of this size needs. */
size_t virtqueue_memory_size(uint16_t size);

/* `memory` is cleared. */
void virtqueue_init(struct virtqueue *queue, void *memory, uint16_t size, bool event_index);

/* Puts a chain on the available ring: first `out_count` buffers that the device reads, then
 * `in_count` that it writes. False when there are too few free descriptors; `token` is not NULL. */
bool virtqueue_add(struct virtqueue *queue, const struct virtqueue_buffer *buffers,
                   unsigned out_count, unsigned in_count, void *token);

/* True when the device wants to be notified of what was added since the last question. */
bool virtqueue_notify_due(struct virtqueue *queue);

/* The token of the next chain that the device has returned and the bytes that it wrote into it, or
 * NULL. A device that returns nonsense is a panic. */
void *virtqueue_take(struct virtqueue *queue, uint32_t *length);

/* Asks for an interrupt once `after` (at least 1) more chains have been returned. Returns false
 * when there are that many already: take them first. Without EVENT_IDX `after` counts as 1. */
bool virtqueue_interrupt_after(struct virtqueue *queue, uint16_t after);

/* A hint: the device may interrupt all the same. */
void virtqueue_interrupt_never(struct virtqueue *queue);

unsigned virtqueue_in_flight(const struct virtqueue *queue); /* descriptors that the device has */
