/* The calls about processes and sessions, of which there is one each. */
#include "linux/process.h"

#include "core/string.h"
#include "core/thread.h"
#include "linux/abi.h"
#include "linux/errno.h"
#include "mm/user.h"

int process_id = 1;

int64_t sys_getpid(void) {
    return process_id;
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

/* glibc and others look whether these are there and do without. */
int64_t sys_rseq(void) {
    return -ENOSYS;
}
