/* getrlimit and friends. What is asked for most is honoured where it is used: open files by fs/,
 * the stack's size is what was mapped. */
#include "core/types.h"
#include "linux/abi.h"
#include "linux/errno.h"
#include "linux/process.h"
#include "mm/space.h"
#include "mm/user.h"

#define RLIMIT_CORE 4
#define RLIMIT_NPROC 6
#define RLIMIT_MSGQUEUE 12

#define OPEN_FILES_SOFT 1024
#define OPEN_FILES_HARD 65536

#define UNLIMITED {LINUX_RLIM_INFINITY, LINUX_RLIM_INFINITY}

static struct linux_rlimit limits[RLIMIT_COUNT] = {
    UNLIMITED,
    UNLIMITED,
    UNLIMITED,
    [RLIMIT_STACK] = {SPACE_STACK_SIZE, LINUX_RLIM_INFINITY},
    [RLIMIT_CORE] = {0, 0},
    UNLIMITED,
    [RLIMIT_NPROC] = UNLIMITED,
    [RLIMIT_NOFILE] = {OPEN_FILES_SOFT, OPEN_FILES_HARD},
    UNLIMITED,
    [RLIMIT_AS] = UNLIMITED,
    UNLIMITED,
    UNLIMITED,
    [RLIMIT_MSGQUEUE] = {0, 0},
    {0, 0},
    {0, 0},
    UNLIMITED,
};

uint64_t limit_get(int resource) {
    return limits[resource].soft;
}

static int get(int resource, uaddr_t to) {
    return put_user(limits[resource], to);
}

static int set(int resource, uaddr_t from) {
    struct linux_rlimit limit;

    if (get_user(limit, from) != 0)
        return -EFAULT;
    if (limit.soft > limit.hard)
        return -EINVAL;
    if (limit.hard > limits[resource].hard)
        return -EPERM;
    limits[resource] = limit;
    return 0;
}

static bool is_valid(int resource) {
    return resource >= 0 && resource < RLIMIT_COUNT;
}

int64_t sys_getrlimit(int resource, uaddr_t to) {
    return is_valid(resource) ? get(resource, to) : -EINVAL;
}

int64_t sys_setrlimit(int resource, uaddr_t from) {
    return is_valid(resource) ? set(resource, from) : -EINVAL;
}

int64_t sys_prlimit64(int pid, int resource, uaddr_t new, uaddr_t old) {
    struct linux_rlimit before;

    if (!is_valid(resource))
        return -EINVAL;
    if (pid != 0 && pid != process_id)
        return -ESRCH;
    before = limits[resource];
    int error = new ? set(resource, new) : 0;
    if (error != 0)
        return error;
    return old ? put_user(before, old) : 0;
}
