/* Waiting for signals, and sending them with more than a number. */
#include "core/clock.h"
#include "core/thread.h"
#include "linux/deadline.h"
#include "linux/errno.h"
#include "linux/process.h"
#include "linux/signal_state.h"
#include "mm/user.h"

int64_t sys_rt_sigpending(uaddr_t to, size_t size) {
    uint64_t pending = signal_all_pending() & current->signal_mask;

    return size > sizeof(pending) ? -EINVAL : copy_to_user(to, &pending, size);
}

int64_t sys_pause(void) {
    while (!signal_interrupts(current))
        thread_sleep(NANOS_NEVER);
    return -EINTR;
}

int64_t sys_rt_sigsuspend(uaddr_t set, size_t size) {
    int error = set ? signal_set_temporary_mask(set, size) : -EFAULT;

    return error ? error : sys_pause();
}

/* The signals waited for are let through while it sleeps, so that they end the sleep, and are taken
 * off before they could be delivered. */
static int wait_for(uint64_t set, nanos_t deadline) {
    uint64_t mask = current->signal_mask;
    int signal = signal_take(set);

    signal_set_mask(mask & ~set);
    while (signal == 0 && !signal_interrupts(current) && clock_monotonic() < deadline)
        thread_sleep(deadline);
    if (signal == 0)
        signal = signal_take(set);
    signal_set_mask(mask);
    if (signal)
        return signal;
    return signal_interrupts(current) ? -EINTR : -EAGAIN;
}

int64_t sys_rt_sigtimedwait(uaddr_t set_address, uaddr_t info, uaddr_t timeout, size_t size) {
    nanos_t deadline;
    uint64_t set;

    if (size != sizeof(set))
        return -EINVAL;
    int error = get_user(set, set_address);
    if (error == 0)
        error = deadline_from_user(timeout, &deadline);
    if (error != 0)
        return error;
    int signal = wait_for(set & ~SIGNAL_UNBLOCKABLE, deadline);
    if (signal > 0 && info && put_user(*signal_info(signal), info) != 0)
        return -EFAULT;
    return signal;
}

static int queue(struct thread *thread, int signal, uaddr_t address) {
    struct linux_siginfo info;

    if (!signal_is_valid(signal))
        return -EINVAL;
    if (get_user(info, address) != 0)
        return -EFAULT;
    info.signal = signal;
    signal_post(thread, signal, &info);
    return 0;
}

int64_t sys_rt_sigqueueinfo(int pid, int signal, uaddr_t info) {
    return pid == process_id ? queue(NULL, signal, info) : -ESRCH;
}

int64_t sys_rt_tgsigqueueinfo(int pid, int tid, int signal, uaddr_t info) {
    struct thread *thread = thread_find(tid);

    if (pid != process_id || thread == NULL || !thread->application)
        return -ESRCH;
    return queue(thread, signal, info);
}
