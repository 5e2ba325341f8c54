#include "linux/signal.h"
#include "shims.h"

int shim_last_signal;

void signal_raise(struct thread *thread, int signal) {
    (void)thread;
    shim_last_signal = signal;
}

int signal_set_temporary_mask(uaddr_t set, size_t size) {
    (void)set;
    (void)size;
    return 0;
}
