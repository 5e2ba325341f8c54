/* The virtio device of 9P (virtio 1.2 reserves its number 9; the layout is Linux'
 * include/uapi/linux/virtio_9p.h): one queue, each chain a request to read and room for its reply.
 * QEMU: -fsdev local,id=ID,... -device virtio-9p-device,fsdev=ID,mount_tag=TAG. */
#include "drivers/virtio/virtio.h"
#include "core/alloc.h"
#include "core/print.h"
#include "fs/ninep/volume.h"

#define F_MOUNT_TAG UINT64_C(1)
#define QUEUE 0
#define QUEUE_LENGTH 64
#define TAG_MOST 32u /* ours are shorter */

struct volume_device {
    struct transport transport;
    struct virtio_device *device;
    struct virtqueue queue;
};

static struct volume_device *device_of(struct transport *transport) {
    return CONTAINER_OF(transport, struct volume_device, transport);
}

static bool submit(struct transport *transport, struct request *request) {
    struct volume_device *own = device_of(transport);
    const struct virtqueue_buffer buffers[] = {{request->out, request->out_size},
                                               {request->in, request->in_capacity}};

    if (!virtqueue_add(&own->queue, buffers, 1, 1, request))
        return false;
    virtio_notify(own->device, QUEUE, &own->queue);
    return true;
}

static void poll(struct transport *transport) {
    struct virtqueue *queue = &device_of(transport)->queue;
    struct request *request;
    uint32_t length;

    while ((request = virtqueue_take(queue, &length)) != NULL)
        request_finished(request, length);
}

/* While nobody sleeps, replies are polled for and an interrupt would only cost. */
static void listen(struct transport *transport, bool wanted) {
    struct virtqueue *queue = &device_of(transport)->queue;

    if (!wanted) {
        virtqueue_interrupt_never(queue);
        return;
    }
    while (!virtqueue_interrupt_after(queue, 1))
        poll(transport);
}

static void queues_used(struct virtio_device *device) {
    struct volume_device *own = device->driver;

    poll(&own->transport);
    listen(&own->transport, own->transport.sleeping > 0);
}

static void read_tag(struct virtio_device *device, char tag[TAG_MOST + 1]) {
    uint16_t length;

    virtio_config_read(device, 0, &length, sizeof(length));
    length = (uint16_t)MIN((unsigned)length, TAG_MOST);
    virtio_config_read(device, sizeof(length), tag, length);
    tag[length] = 0;
}

static void virtio_volume_start(struct virtio_device *device) {
    struct volume_device *own = knew(struct volume_device);
    char tag[TAG_MOST + 1];

    if (own == NULL || !virtio_negotiate(device, F_MOUNT_TAG | VIRTIO_F_EVENT_IDX) ||
        !(device->features & F_MOUNT_TAG) ||
        !virtio_queue(device, QUEUE, &own->queue, QUEUE_LENGTH))
        panic("The virtio device of a volume could not be started.");
    own->transport = (struct transport){.submit = submit, .poll = poll, .listen = listen};
    own->device = device;
    device->driver = own;
    virtio_start(device, queues_used);
    virtqueue_interrupt_never(&own->queue);
    read_tag(device, tag);
    volume_mount(tag, &own->transport);
}
VIRTIO_DRIVER(VIRTIO_ID_9P, virtio_volume_start);
