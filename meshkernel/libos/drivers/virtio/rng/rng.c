/* virtio-rng (virtio 1.2, section 5.4). QEMU: -device virtio-rng-device. */

#include "core/alloc.h"
#include "core/clock.h"
#include "core/pages.h"
#include "core/print.h"
#include "core/random.h"
#include "core/string.h"
#include "drivers/virtio/virtio.h"

#define QUEUE 0
#define QUEUE_LENGTH 8
#define SEED_SIZE 64
#define PATIENCE (200 * NANOS_PER_MS)

static struct virtqueue queue;
static uint8_t seed[SEED_SIZE];

/* What it has sent, if anything, is taken in; it is asked once, so nothing of it is kept. */
static void take(struct virtio_device *device) {
    uint32_t length;
    if (virtqueue_take(&queue, &length) == NULL)
        return;
    random_add(seed, MIN(length, (uint32_t)SEED_SIZE));
    memset(seed, 0, SEED_SIZE);
    virtio_reset(
        device); /* the queue's page stays: to give it back takes longer than it is worth */
    device->driver = NULL;
}

/* A device that does not answer in time is left alone: there may be other sources. */
static void wait_for_bytes(struct virtio_device *device) {
    nanos_t deadline = clock_monotonic() + PATIENCE;
    while (device->driver != NULL) {
        take(device);
        if (device->driver != NULL && clock_monotonic() > deadline) {
            print("meshkernel: the virtio random device did not answer\n");
            return;
        }
    }
}

static void queue_used(struct virtio_device *device) {
    if (device->driver != NULL)
        take(device);
}

/* Where there is a seed already nobody waits for more: it comes with an interrupt. */
static void virtio_rng_start(struct virtio_device *device) {
    if (!virtio_negotiate(device, 0) || !virtio_queue(device, QUEUE, &queue, QUEUE_LENGTH))
        panic("The virtio random device could not be started.");
    device->driver = &queue;
    virtio_start(device, queue_used);
    virtqueue_add(&queue, &(struct virtqueue_buffer){seed, SEED_SIZE}, 0, 1, seed);
    virtio_notify(device, QUEUE, &queue);
    if (!random_is_seeded())
        wait_for_bytes(device);
}
VIRTIO_DRIVER(VIRTIO_ID_RNG, virtio_rng_start);
