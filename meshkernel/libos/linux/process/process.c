/* The calls about processes and sessions that few programs make; there is one of each. */
#include "linux/process.h"
#include "core/thread.h"
#include "linux/abi.h"
#include "linux/errno.h"
#include "mm/user.h"

int64_t sys_getppid(void) {
    return 0;
}

static bool is_us(int pid) {
    return pid == 0 || pid == process_id;
}

int64_t sys_getpgid(int pid) {
    return is_us(pid) ? process_id : -ESRCH;
}

int64_t sys_getpgrp(void) {
    return process_id;
}

int64_t sys_getsid(int pid) {
    return is_us(pid) ? process_id : -ESRCH;
}

int64_t sys_setpgid(int pid, int group) {
    if (!is_us(pid))
        return -ESRCH;
    return is_us(group) ? 0 : -EPERM;
}

int64_t sys_setsid(void) {
    return -EPERM; /* the first process leads its group already */
}

int64_t sys_wait4(void) {
    return -ECHILD;
}

int64_t sys_waitid(void) {
    return -ECHILD;
}

int64_t sys_personality(uint32_t personality) {
    return personality == 0 || personality == UINT32_MAX ? 0 : -EINVAL;
}

#define PRIO_PROCESS 0
#define PRIO_USER 2
#define NICE_LOWEST (-20)
#define NICE_HIGHEST 19

static int nice; /* kept and shown: the scheduler is round robin */

int64_t sys_getpriority(int which, int who) {
    if (which < PRIO_PROCESS || which > PRIO_USER)
        return -EINVAL;
    if (which == PRIO_PROCESS && !is_us(who) && thread_find(who) == NULL)
        return -ESRCH;
    return 20 - nice; /* never negative: the C library turns it round */
}

int64_t sys_setpriority(int which, int who, int value) {
    int64_t found = sys_getpriority(which, who);

    if (found < 0)
        return found;
    nice = MIN(MAX(value, NICE_LOWEST), NICE_HIGHEST);
    return 0;
}

#define CAPABILITY_VERSION 0x20080522u

/* No capabilities: nothing here is guarded by one. */
int64_t sys_capget(uaddr_t header_address, uaddr_t data) {
    struct {
        uint32_t version;
        int32_t pid;
    } header;

    if (get_user(header, header_address) != 0)
        return -EFAULT;
    if (header.version != CAPABILITY_VERSION) {
        header.version = CAPABILITY_VERSION;
        if (put_user(header, header_address) != 0)
            return -EFAULT;
        return data ? -EINVAL : 0;
    }
    return data ? clear_user(data, 24) : 0;
}

#define MEMBARRIER_QUERY 0
#define MEMBARRIER_COMMANDS 0x1f /* global, expedited and private ones, and their registration */

/* With one CPU every other thread has passed a barrier whenever this one runs. */
int64_t sys_membarrier(int command, uint32_t flags) {
    if (flags != 0)
        return -EINVAL;
    if (command == MEMBARRIER_QUERY)
        return MEMBARRIER_COMMANDS;
    return command & ~MEMBARRIER_COMMANDS ? -EINVAL : 0;
}

int64_t sys_get_mempolicy(void) {
    return -ENOSYS;
}
