/* The epoll family; the sets themselves are in ipc/epoll/epoll.c. */
#include "core/alloc.h"
#include "ipc/epoll/epoll.h"
#include "linux/deadline.h"
#include "linux/files.h"
#include "linux/signal.h"

#define EVENTS_ON_STACK 32

int64_t sys_epoll_create1(int flags) {
    if (flags & ~O_CLOEXEC)
        return -EINVAL;
    return install_new(epoll_new(), flags & O_CLOEXEC);
}

int64_t sys_epoll_create(int size) {
    return size <= 0 ? -EINVAL : sys_epoll_create1(0);
}

int64_t sys_epoll_ctl(int set, int operation, int fd, uaddr_t event_address) {
    struct file *file = usable_file(set), *target = usable_file(fd);
    struct epoll_event event = {0, 0};

    if (file == NULL || target == NULL)
        return -EBADF;
    if (!is_epoll(file))
        return -EINVAL;
    if (operation != EPOLL_CTL_DEL && get_user(event, event_address))
        return -EFAULT;
    return epoll_control(file, operation, fd, target, &event);
}

/* The set may be closed while we wait: `file` has a reference of ours. */
static int64_t collect(struct file *file, struct epoll_event *events, int room, uaddr_t to,
                       nanos_t deadline) {
    int count = 0;
    int error =
        WAIT_UNTIL(&file->waiters, deadline, (count = epoll_collect(file, events, room)) > 0);

    if (error)
        return error == -ETIMEDOUT ? 0 : error;
    error = copy_to_user(to, events, (size_t)count * sizeof(*events));
    return error ? error : count;
}

/* Room for as many events as there can be; fewer come when there is no memory for that. */
static int64_t collect_all(struct file *file, uaddr_t to, int limit, nanos_t deadline) {
    struct epoll_event few[EVENTS_ON_STACK], *events = NULL;
    int room = (int)MIN((unsigned)limit, epoll_size(file));

    if (room > EVENTS_ON_STACK)
        events = kmalloc((size_t)room * sizeof(*events));
    int64_t result = events ? collect(file, events, room, to, deadline)
                            : collect(file, few, MIN(limit, EVENTS_ON_STACK), to, deadline);
    kfree(events);
    return result;
}

static int64_t wait_for(int set, uaddr_t events, int limit, nanos_t deadline) {
    struct file *file = usable_file(set);

    if (file == NULL)
        return -EBADF;
    if (!is_epoll(file) || limit <= 0)
        return -EINVAL;
    file_get(file);
    int64_t result = collect_all(file, events, limit, deadline);
    file_put(file);
    return result;
}

int64_t sys_epoll_wait(int set, uaddr_t events, int limit, int timeout) {
    return wait_for(set, events, limit, deadline_of_ms(timeout));
}

int64_t sys_epoll_pwait(int set, uaddr_t events, int limit, int timeout, uaddr_t mask,
                        size_t mask_size) {
    int error = signal_set_temporary_mask(mask, mask_size);

    return error ? error : wait_for(set, events, limit, deadline_of_ms(timeout));
}

int64_t sys_epoll_pwait2(int set, uaddr_t events, int limit, uaddr_t timeout, uaddr_t mask,
                         size_t mask_size) {
    nanos_t deadline;
    int error = deadline_from_user(timeout, &deadline);

    if (error == 0)
        error = signal_set_temporary_mask(mask, mask_size);
    return error ? error : wait_for(set, events, limit, deadline);
}
