#include "core/thread.h"
#include "linux/errno.h"
#include "linux/process.h"
#include "shims.h"

static struct thread only_thread = {.tid = 1, .name = "main"};
struct thread *current = &only_thread;
struct list all_threads = LIST_INIT(all_threads);
int process_id = 1;
static int wake_result;
static bool woken;

void thread_wake(struct thread *thread, int result) {
    (void)thread;
    woken = true;
    wake_result = result;
}

int thread_sleep(nanos_t deadline) {
    woken = false;
    int result = shim_sleep(deadline);

    return woken ? wake_result : result;
}

struct thread *thread_find(int tid) {
    return tid == 1 ? &only_thread : NULL;
}

bool signal_interrupts(const struct thread *thread) {
    (void)thread;
    return shim_signal_waiting;
}
