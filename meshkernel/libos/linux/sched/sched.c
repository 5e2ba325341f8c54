/* Scheduling, as the threads of one process on one CPU have it: everything is SCHED_OTHER. */
#include "core/string.h"
#include "core/thread.h"
#include "linux/abi.h"
#include "linux/errno.h"
#include "linux/process.h"
#include "mm/user.h"

#define SCHED_OTHER 0
#define SCHED_FIFO 1
#define SCHED_RR 2
#define SCHED_BATCH 3
#define SCHED_IDLE 5
#define SCHED_RESET_ON_FORK 0x40000000

#define SLICE_NANOSECONDS 10000000 /* core/thread.c */

/* 0 is the caller; a process is known by its first thread. */
static bool is_known(int tid) {
    return tid == 0 || tid == process_id || (tid > 0 && thread_find(tid) != NULL);
}

int64_t sys_sched_setaffinity(int tid, uint32_t size, uaddr_t address) {
    uint64_t mask = 0;
    int error = copy_from_user(&mask, address, MIN((size_t)size, sizeof mask));
    if (error != 0)
        return error;
    if (!is_known(tid))
        return -ESRCH;
    return mask & 1 ? 0 : -EINVAL;
}

int64_t sys_sched_getscheduler(int tid) {
    if (tid < 0)
        return -EINVAL;
    return is_known(tid) ? SCHED_OTHER : -ESRCH;
}

static int64_t set_policy(int tid, int policy, uaddr_t address) {
    int32_t priority;
    int error = get_user(priority, address);
    if (error != 0)
        return error;
    if (tid < 0)
        return -EINVAL;
    if (!is_known(tid))
        return -ESRCH;
    policy &= ~SCHED_RESET_ON_FORK;
    if (policy == SCHED_FIFO || policy == SCHED_RR)
        return priority < 1 || priority > 99 ? -EINVAL : -EPERM;
    if (policy != SCHED_OTHER && policy != SCHED_BATCH && policy != SCHED_IDLE)
        return -EINVAL;
    return priority == 0 ? 0 : -EINVAL;
}

int64_t sys_sched_setscheduler(int tid, int policy, uaddr_t address) {
    return policy < 0 ? -EINVAL : set_policy(tid, policy, address);
}

int64_t sys_sched_setparam(int tid, uaddr_t address) {
    return set_policy(tid, SCHED_OTHER, address);
}

int64_t sys_sched_getparam(int tid, uaddr_t address) {
    const int32_t priority = 0;
    if (tid < 0)
        return -EINVAL;
    return is_known(tid) ? put_user(priority, address) : -ESRCH;
}

static int64_t priority_limit(int policy, int64_t of_realtime) {
    if (policy == SCHED_FIFO || policy == SCHED_RR)
        return of_realtime;
    return policy == SCHED_OTHER || policy == SCHED_BATCH || policy == SCHED_IDLE ? 0 : -EINVAL;
}

int64_t sys_sched_get_priority_max(int policy) {
    return priority_limit(policy, 99);
}

int64_t sys_sched_get_priority_min(int policy) {
    return priority_limit(policy, 1);
}

int64_t sys_sched_rr_get_interval(int tid, uaddr_t address) {
    const struct linux_timespec slice = {.nanoseconds = SLICE_NANOSECONDS};
    if (tid < 0)
        return -EINVAL;
    return is_known(tid) ? put_user(slice, address) : -ESRCH;
}

int64_t sys_getcpu(uaddr_t cpu_address, uaddr_t node_address) {
    const uint32_t zero = 0;
    int error = cpu_address ? put_user(zero, cpu_address) : 0;
    if (error == 0 && node_address)
        error = put_user(zero, node_address);
    return error;
}
