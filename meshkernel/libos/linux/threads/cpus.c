/* The one processor. */
#include "core/string.h"
#include "core/thread.h"
#include "linux/errno.h"
#include "linux/process.h"
#include "mm/user.h"

/* 0 is the caller; a process is known by its first thread. */
static bool is_known(int tid) {
    return tid == 0 || tid == process_id || (tid > 0 && thread_find(tid) != NULL);
}

int64_t sys_sched_yield(void) {
    schedule();
    return 0;
}

int64_t sys_sched_getaffinity(int tid, uint32_t size, uaddr_t address) {
    const uint64_t mask = 1;
    if (size < sizeof mask || size % sizeof mask)
        return -EINVAL;
    if (!is_known(tid))
        return -ESRCH;
    int error = put_user(mask, address);
    return error ? error : (int64_t)sizeof mask;
}
