#include "drivers/virtio/console/maps.h"

#include "core/alloc.h"
#include "core/print.h"
#include "drivers/virtio/console/console.h"
#include "drivers/virtio/console/control.h"
#include "fs/path.h"
#include "mm/space.h"

#define TEXT_SIZE (256u << 10)
#define LINE_SIZE 4200 /* more than one with the longest path */

static const char *path_of(const struct space_area *area) {
    return area->file != NULL && area->offset == 0 ? file_path(area->file) : NULL;
}

/* A line `address path` for each file, of where its first byte is. The vDSO has no path. */
static size_t list(char *text) {
    struct space_area area;
    size_t length = 0;

    for (size_t i = 0; space_describe(i, &area) && length + LINE_SIZE < TEXT_SIZE; i++) {
        const char *path = path_of(&area);
        if (path != NULL)
            length +=
                format(text + length, TEXT_SIZE - length, "%zx %s\n", (size_t)area.start, path);
    }
    return length;
}

static void asked(const uint8_t *payload, size_t size) {
    (void)payload;
    (void)size;
    char *text = kmalloc(TEXT_SIZE);
    virtio_console_send(CONTROL_MAPS, text, text != NULL ? list(text) : 0);
    kfree(text);
}

void control_maps_start(void) {
    control_on(CONTROL_MAPS_ASK, asked);
}
