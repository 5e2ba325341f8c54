/* The calls about processes and sessions, of which there is one each. */
#include "linux/process.h"

#include "core/string.h"
#include "core/thread.h"
#include "linux/abi.h"
#include "linux/errno.h"
#include "mm/user.h"

int64_t sys_getpid(void) {
    return PROCESS_ID;
}

int64_t sys_getppid(void) {
    return 0;
}

static bool is_us(int pid) {
    return pid == 0 || pid == PROCESS_ID;
}

int64_t sys_getpgid(int pid) {
    return is_us(pid) ? PROCESS_ID : -ESRCH;
}

int64_t sys_getpgrp(void) {
    return PROCESS_ID;
}

int64_t sys_getsid(int pid) {
    return is_us(pid) ? PROCESS_ID : -ESRCH;
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

#define PR_SET_PDEATHSIG 1
#define PR_GET_DUMPABLE 3
#define PR_SET_DUMPABLE 4
#define PR_SET_NAME 15
#define PR_GET_NAME 16
#define PR_CAPBSET_READ 23
#define PR_SET_TIMERSLACK 29
#define PR_GET_TIMERSLACK 30
#define PR_SET_NO_NEW_PRIVS 38
#define PR_GET_NO_NEW_PRIVS 39
#define CAPABILITY_LAST 40

static int set_name(uaddr_t from) {
    char name[THREAD_NAME_SIZE] = {0};

    /* Longer ones are cut. */
    if (string_from_user(name, from, sizeof(name)) == -EFAULT)
        return -EFAULT;
    string_copy(current->name, name, sizeof(name));
    return 0;
}

int64_t sys_prctl(int option, uint64_t argument) {
    switch (option) {
    case PR_SET_NAME:
        return set_name(argument);
    case PR_GET_NAME:
        return copy_to_user(argument, current->name, THREAD_NAME_SIZE);
    case PR_CAPBSET_READ:
        return argument > CAPABILITY_LAST ? -EINVAL : 0;
    case PR_SET_PDEATHSIG:
    case PR_SET_DUMPABLE:
    case PR_SET_TIMERSLACK:
    case PR_SET_NO_NEW_PRIVS:
    case PR_GET_DUMPABLE:
        return 0; /* no parent, no core dump, exact timers, no execve */
    case PR_GET_TIMERSLACK:
    case PR_GET_NO_NEW_PRIVS:
        return 1;
    default:
        return -EINVAL;
    }
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

/* glibc and others look whether these are there and do without. */
int64_t sys_rseq(void) {
    return -ENOSYS;
}

int64_t sys_get_mempolicy(void) {
    return -ENOSYS;
}
