/* The system calls about signals. */
#include "core/thread.h"
#include "linux/credentials.h"
#include "linux/errno.h"
#include "linux/process.h"
#include "linux/signal_state.h"
#include "mm/user.h"

#define SIG_BLOCK 0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2

int64_t sys_rt_sigaction(int signal, uaddr_t new, uaddr_t old, size_t size) {
    struct linux_sigaction action;

    if (size != sizeof(uint64_t) || !signal_is_valid(signal) ||
        (new && (SIGNAL_BIT(signal) & SIGNAL_UNBLOCKABLE)))
        return -EINVAL;
    if (new && get_user(action, new) != 0)
        return -EFAULT;
    if (old && put_user(*signal_action(signal), old) != 0)
        return -EFAULT;
    if (new)
        *signal_action(signal) = action;
    return 0;
}

static int change_mask(int how, uint64_t set) {
    uint64_t mask = current->signal_mask;

    switch (how) {
    case SIG_BLOCK:
        mask |= set;
        break;
    case SIG_UNBLOCK:
        mask &= ~set;
        break;
    case SIG_SETMASK:
        mask = set;
        break;
    default:
        return -EINVAL;
    }
    signal_set_mask(mask);
    return 0;
}

int64_t sys_rt_sigprocmask(int how, uaddr_t new, uaddr_t old, size_t size) {
    uint64_t before = current->signal_mask, set;

    if (size != sizeof(set))
        return -EINVAL;
    if (new && get_user(set, new) != 0)
        return -EFAULT;
    int error = new ? change_mask(how, set) : 0;
    if (error != 0)
        return error;
    return old ? put_user(before, old) : 0;
}

static int send(struct thread *thread, int signal, int code) {
    struct linux_siginfo info = {
        .signal = signal, .code = code, .pid = process_id, .uid = credentials.users.real};

    if (signal != 0 && !signal_is_valid(signal))
        return -EINVAL;
    if (signal != 0)
        signal_post(thread, signal, &info);
    return 0;
}

/* The process itself, its group (0 or -1, which is minus its number) or everyone (-1, too): all are
 * the one process. */
int64_t sys_kill(int pid, int signal) {
    if (pid != process_id && pid != 0 && pid != -process_id)
        return -ESRCH;
    return send(NULL, signal, SI_USER);
}

int64_t sys_tkill(int tid, int signal) {
    struct thread *thread = tid > 0 ? thread_find(tid) : NULL;

    if (tid <= 0)
        return -EINVAL;
    return thread && thread->application ? send(thread, signal, SI_TKILL) : -ESRCH;
}

int64_t sys_tgkill(int pid, int tid, int signal) {
    if (pid <= 0)
        return -EINVAL;
    return pid == process_id ? sys_tkill(tid, signal) : -ESRCH;
}
