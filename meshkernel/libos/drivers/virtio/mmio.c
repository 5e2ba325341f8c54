#include "drivers/virtio/mmio.h"

#include "arch/x86_64/interrupts.h"
#include "arch/x86_64/io.h"
#include "core/pages.h"
#include "core/print.h"
#include "core/string.h"

/* Registers, section 4.2.2. */
enum {
    MAGIC = 0x000,
    VERSION = 0x004,
    DEVICE_ID = 0x008,
    DEVICE_FEATURES = 0x010,
    DEVICE_FEATURES_SELECT = 0x014,
    DRIVER_FEATURES = 0x020,
    DRIVER_FEATURES_SELECT = 0x024,
    QUEUE_SELECT = 0x030,
    QUEUE_SIZE_MAX = 0x034,
    QUEUE_SIZE = 0x038,
    QUEUE_READY = 0x044,
    QUEUE_NOTIFY = 0x050,
    INTERRUPT_STATUS = 0x060,
    INTERRUPT_ACK = 0x064,
    STATUS = 0x070,
    QUEUE_DESCRIPTORS = 0x080, /* low, high 4 bytes behind; so the next two */
    QUEUE_AVAILABLE = 0x090,
    QUEUE_USED = 0x0a0,
    CONFIG_GENERATION = 0x0fc,
    CONFIG = 0x100,
};

#define MAGIC_VALUE 0x74726976u /* "virt" */
#define VERSION_MODERN 2u

#define STATUS_ACKNOWLEDGE 1u
#define STATUS_DRIVER 2u
#define STATUS_DRIVER_OK 4u
#define STATUS_FEATURES_OK 8u
#define STATUS_FAILED 128u

#define INTERRUPT_USED 1u
#define INTERRUPT_CONFIGURATION 2u

static uint32_t get(const struct virtio_device *device, unsigned offset) {
    return read32(device->registers + offset);
}

static void set(struct virtio_device *device, unsigned offset, uint32_t value) {
    write32(device->registers + offset, value);
}

bool virtio_probe(struct virtio_device *device, const struct virtio_slot *slot) {
    device->registers = mmio_map(slot->base, slot->size);
    device->interrupt = slot->interrupt;
    device->id = 0;
    if (get(device, MAGIC) != MAGIC_VALUE)
        return false;
    device->id = get(device, DEVICE_ID);
    if (device->id == 0)
        return false;
    if (get(device, VERSION) == VERSION_MODERN)
        return true;
    print(
        "meshkernel: the virtio device at 0x%lx is of the legacy kind and stays unused; start QEMU "
        "with -global virtio-mmio.force-legacy=false\n",
        slot->base);
    return false;
}

void virtio_reset(struct virtio_device *device) {
    set(device, STATUS, 0);
    while (get(device, STATUS) != 0) /* the reset is over when 0 can be read (section 4.2.2.2) */
        ;
}

static void add_status(struct virtio_device *device, uint32_t bits) {
    set(device, STATUS, get(device, STATUS) | bits);
}

static uint64_t offered_features(struct virtio_device *device) {
    set(device, DEVICE_FEATURES_SELECT, 1);
    uint64_t high = get(device, DEVICE_FEATURES);
    set(device, DEVICE_FEATURES_SELECT, 0);
    return high << 32 | get(device, DEVICE_FEATURES);
}

/* The order of the steps is section 3.1.1's. */
bool virtio_negotiate(struct virtio_device *device, uint64_t wanted) {
    virtio_reset(device);
    add_status(device, STATUS_ACKNOWLEDGE);
    add_status(device, STATUS_DRIVER);
    device->features = offered_features(device) & (wanted | VIRTIO_F_VERSION_1);
    set(device, DRIVER_FEATURES_SELECT, 1);
    set(device, DRIVER_FEATURES, (uint32_t)(device->features >> 32));
    set(device, DRIVER_FEATURES_SELECT, 0);
    set(device, DRIVER_FEATURES, (uint32_t)device->features);
    add_status(device, STATUS_FEATURES_OK);
    if ((device->features & VIRTIO_F_VERSION_1) && (get(device, STATUS) & STATUS_FEATURES_OK))
        return true;
    add_status(device, STATUS_FAILED);
    return false;
}

static void set_address(struct virtio_device *device, unsigned offset, const void *memory) {
    uint64_t physical = phys_of(memory);
    set(device, offset, (uint32_t)physical);
    set(device, offset + 4, (uint32_t)(physical >> 32));
}

static unsigned ring_order(uint16_t size) {
    unsigned order = 0;
    while (PAGE_SIZE << order < virtqueue_memory_size(size))
        order++;
    return order;
}

void virtio_queue_free(struct virtqueue *queue) {
    pages_free(queue->descriptors, ring_order(queue->size));
    memset(queue, 0, sizeof(*queue));
}

bool virtio_queue(struct virtio_device *device, unsigned index, struct virtqueue *queue,
                  uint16_t most) {
    set(device, QUEUE_SELECT, index);
    uint32_t size = MIN(get(device, QUEUE_SIZE_MAX), (uint32_t)most);
    if (size == 0)
        return false;
    while (size & (size - 1))
        size &= size - 1;
    void *memory = pages_alloc(ring_order((uint16_t)size));
    if (memory == NULL)
        return false;
    virtqueue_init(queue, memory, (uint16_t)size, device->features & VIRTIO_F_EVENT_IDX);
    set(device, QUEUE_SIZE, size);
    set_address(device, QUEUE_DESCRIPTORS, queue->descriptors);
    set_address(device, QUEUE_AVAILABLE, queue->available);
    set_address(device, QUEUE_USED, queue->used);
    set(device, QUEUE_READY, 1);
    return true;
}

/* The line is the level of "interrupt status is not 0", and the I/O APIC looks at its edges. All
 * bits are acknowledged, and so the line falls, before the queues are looked at: what is used after
 * the look is a new edge. Nothing is read back, since each access leaves the guest. */
static void interrupt(void *argument) {
    struct virtio_device *device = argument;
    set(device, INTERRUPT_ACK, INTERRUPT_USED | INTERRUPT_CONFIGURATION);
    device->queues_used(device);
}

/* QEMU's microvm and Firecracker both announce these lines as active-high in ACPI and leave edge or
 * level to the driver; Linux takes ISA's default for what comes from the command line, edge. */
void virtio_start(struct virtio_device *device, void (*queues_used)(struct virtio_device *device)) {
    device->queues_used = queues_used;
    if (queues_used != NULL)
        interrupt_attach(device->interrupt, false, interrupt, device);
    add_status(device, STATUS_DRIVER_OK);
}

void virtio_notify(struct virtio_device *device, unsigned index, struct virtqueue *queue) {
    if (virtqueue_notify_due(queue))
        set(device, QUEUE_NOTIFY, index);
}

void virtio_config_read(struct virtio_device *device, unsigned offset, void *to, size_t size) {
    uint32_t before;
    do {
        before = get(device, CONFIG_GENERATION);
        for (size_t i = 0; i < size; i++)
            ((uint8_t *)to)[i] = *(volatile uint8_t *)(device->registers + CONFIG + offset + i);
    } while (get(device, CONFIG_GENERATION) != before);
}
