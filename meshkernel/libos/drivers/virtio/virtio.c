#include "drivers/virtio/virtio.h"

#include "core/alloc.h"
#include "core/boot.h"
#include "core/print.h"
#include "core/start.h"

SET_DECLARE(virtio_drivers, const struct virtio_driver *);

static void start_driver(struct virtio_device *device) {
    SET_FOR_EACH(virtio_drivers, const struct virtio_driver *, member) {
        if ((*member)->id == device->id) {
            (*member)->start(device);
            return;
        }
    }
    print("meshkernel: no driver for the virtio device of kind %u\n", device->id);
}

static void virtio_init(void) {
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
START(START_DEVICES, virtio_init);
CONTINUE(START_DEVICES, virtio_init);
