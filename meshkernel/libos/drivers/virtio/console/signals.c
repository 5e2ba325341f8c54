#include "drivers/virtio/console/signals.h"

#include "drivers/virtio/console/control.h"
#include "linux/signal.h"

static void signal_came(const uint8_t *payload, size_t size) {
    const struct control_signal *signal = (const struct control_signal *)payload;

    if (size == sizeof(*signal) && signal->number >= 1 && signal->number <= SIGNAL_COUNT)
        signal_raise_process((int)signal->number);
}

void control_signals_start(void) {
    control_on(CONTROL_SIGNAL, signal_came);
}
