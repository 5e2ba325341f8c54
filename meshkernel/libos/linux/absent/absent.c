/* Calls that libraries try and do without: they are refused without a word on the console. */
#include "core/types.h"
#include "linux/errno.h"

#define REFUSED(name)                                                                              \
    int64_t sys_##name(void) {                                                                     \
        return -ENOSYS;                                                                            \
    }

REFUSED(inotify_init)
REFUSED(inotify_init1)
REFUSED(signalfd)
REFUSED(signalfd4)
REFUSED(io_uring_setup)

/* As in a kernel without NUMA. */
REFUSED(mbind)
REFUSED(set_mempolicy)
