#include "ipc/eventfd/eventfd.h"
#include "linux/files.h"

#define EFD_SEMAPHORE 1

int64_t sys_eventfd2(unsigned value, int flags) {
    if (flags & ~(EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    return install_new(eventfd_new(value, flags & EFD_SEMAPHORE, flags & O_NONBLOCK),
                       flags & O_CLOEXEC);
}

int64_t sys_eventfd(unsigned value) {
    return sys_eventfd2(value, 0);
}
