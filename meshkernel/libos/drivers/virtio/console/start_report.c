/* How the machine's start went, for whoever asks (CONTROL_START_ASK). */
#include "core/clock.h"
#include "core/stamps.h"
#include "core/start.h"
#include "drivers/virtio/console/console.h"
#include "drivers/virtio/console/control.h"

static void asked(const uint8_t *payload, size_t size) {
    (void)payload;
    (void)size;
    const struct control_start report = {
        .now = clock_ticks(),
        .rate = clock_rate(),
        .entry = start_stamps[STAMP_ENTRY],
        .devices = start_stamps[STAMP_DEVICES],
        .network = start_stamps[STAMP_NETWORK],
        .program = start_stamps[STAMP_PROGRAM],
    };
    virtio_console_send(CONTROL_START, &report, sizeof(report));
}

/* Behind a seal it still listens: nothing of it is in the way of the start that it tells of. */
static void listen(void) {
    control_on(CONTROL_START_ASK, asked);
}
START(START_FILES, listen);
