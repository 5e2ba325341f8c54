/* The devices of the machine are found and their drivers started in START_DEVICES, when there are
 * pages, heap, interrupts, clock, boot configuration and /dev. */
#pragma once

#include "core/set.h"
#include "drivers/virtio/mmio.h"

struct virtio_driver {
    uint32_t id; /* VIRTIO_ID_* */
    /* The device is probed and lives as long as the machine. Panics when it cannot be started. */
    void (*start)(struct virtio_device *device);
};

#define VIRTIO_DRIVER(id, function)                                                                \
    static const struct virtio_driver function##_driver = {id, function};                          \
    SET_ADD(virtio_drivers, function##_driver)
