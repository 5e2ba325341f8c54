#include "drivers/virtio/virtio.h"

#include "core/alloc.h"
#include "core/boot.h"
#include "core/print.h"
#include "drivers/virtio/console/console.h"
#include "drivers/virtio/console/control.h"
#include "drivers/virtio/mmio.h"
#include "drivers/virtio/net/net.h"
#include "drivers/virtio/rng/rng.h"
#include "fs/ninep/virtio.h"

static void start_driver(struct virtio_device *device) {
    switch (device->id) {
    case VIRTIO_ID_NET:
        virtio_net_start(device);
        break;
    case VIRTIO_ID_CONSOLE:
        virtio_console_start(device);
        control_start();
        break;
    case VIRTIO_ID_RNG:
        virtio_rng_start(device);
        break;
    case VIRTIO_ID_9P:
        if (virtio_volume_start)
            virtio_volume_start(device);
        break;
    default:
        print("meshkernel: no driver for the virtio device of kind %u\n", device->id);
    }
}

void virtio_init(void) {
    const char *text = boot_command_line;
    struct virtio_slot slot;
    while (text != NULL && virtio_next_slot(&text, &slot)) {
        struct virtio_device probed = {0};
        if (!virtio_probe(&probed, &slot))
            continue;
        struct virtio_device *device = knew(struct virtio_device);
        if (device == NULL)
            panic("There is not enough memory to start the machine's devices.");
        *device = probed;
        start_driver(device);
    }
}
