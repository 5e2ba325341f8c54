/* select and pselect6, by way of poll. */
#include "core/alloc.h"
#include "ipc/poll/poll.h"
#include "linux/deadline.h"
#include "linux/files.h"
#include "linux/signal.h"

#define SELECT_MAX 1024 /* descriptors in an fd_set */
#define WORD_BITS 64
#define SETS 3 /* to read, to write, exceptions */

struct sets {
    uint64_t words[SETS][SELECT_MAX / WORD_BITS];
};

static const uint32_t set_events[SETS] = {EPOLLIN, EPOLLOUT, EPOLLPRI};
/* What makes a descriptor of a set ready, as Linux has it. */
static const uint32_t set_ready[SETS] = {EPOLLIN | EPOLLHUP | EPOLLERR, EPOLLOUT | EPOLLERR,
                                         EPOLLPRI};

static size_t bytes_of(int count) {
    return ((size_t)count + WORD_BITS - 1) / WORD_BITS * sizeof(uint64_t);
}

static bool in_set(const struct sets *sets, int set, int fd) {
    return sets->words[set][fd / WORD_BITS] >> (fd % WORD_BITS) & 1;
}

static int sets_from_user(struct sets *sets, const uaddr_t addresses[SETS], int count) {
    *sets = (struct sets){0};
    for (int set = 0; set < SETS; set++)
        if (addresses[set] && copy_from_user(sets->words[set], addresses[set], bytes_of(count)))
            return -EFAULT;
    return 0;
}

static int sets_to_user(const struct sets *sets, const uaddr_t addresses[SETS], int count) {
    for (int set = 0; set < SETS; set++)
        if (addresses[set] && copy_to_user(addresses[set], sets->words[set], bytes_of(count)))
            return -EFAULT;
    return 0;
}

/* An entry for each descriptor in any of the sets; -EBADF for one that is not open. */
static int make_entries(const struct sets *sets, int count, struct poll_entry *entries) {
    int used = 0;

    for (int fd = 0; fd < count; fd++) {
        uint32_t events = 0;

        for (int set = 0; set < SETS; set++)
            events |= in_set(sets, set, fd) ? set_events[set] : 0;
        if (events && usable_file(fd) == NULL)
            return -EBADF;
        if (events)
            entries[used++] = (struct poll_entry){fd, events, 0};
    }
    return used;
}

/* Leaves in the sets what is ready; how many bits that is. */
static int keep_ready(struct sets *sets, const struct poll_entry *entries, int used) {
    struct sets ready = {0};
    int bits = 0;

    for (int i = 0; i < used; i++) {
        for (int set = 0; set < SETS; set++) {
            int fd = entries[i].fd;

            if (!in_set(sets, set, fd) || (entries[i].ready & set_ready[set]) == 0)
                continue;
            ready.words[set][fd / WORD_BITS] |= UINT64_C(1) << (fd % WORD_BITS);
            bits++;
        }
    }
    *sets = ready;
    return bits;
}

static int64_t select_user(int count, const uaddr_t addresses[SETS], nanos_t deadline) {
    struct sets sets;

    if (count < 0)
        return -EINVAL;
    count = MIN(count, SELECT_MAX);
    int result = sets_from_user(&sets, addresses, count);
    if (result)
        return result;
    struct poll_entry *entries = kmalloc(MAX((size_t)count, (size_t)1) * sizeof(*entries));
    if (entries == NULL)
        return -ENOMEM;
    int used = result = make_entries(&sets, count, entries);
    if (result >= 0)
        result = poll_wait(entries, (size_t)used, deadline);
    if (result >= 0) {
        result = keep_ready(&sets, entries, used);
        if (sets_to_user(&sets, addresses, count))
            result = -EFAULT;
    }
    kfree(entries);
    return result;
}

int64_t sys_select(int count, uaddr_t read, uaddr_t write, uaddr_t except, uaddr_t timeout) {
    const uaddr_t addresses[SETS] = {read, write, except};
    struct linux_timeval time;
    nanos_t deadline = NANOS_NEVER;

    if (timeout) {
        uint64_t nanoseconds;

        if (get_user(time, timeout))
            return -EFAULT;
        if (time.microseconds < 0 || time.microseconds >= 1000000 ||
            nanoseconds_of((struct linux_timespec){time.seconds, time.microseconds * 1000},
                           &nanoseconds))
            return -EINVAL;
        deadline = deadline_after(nanoseconds);
    }
    int64_t result = select_user(count, addresses, deadline);
    if (timeout) {
        struct linux_timespec left = time_left(deadline);

        time = (struct linux_timeval){left.seconds, left.nanoseconds / 1000};
        if (put_user(time, timeout) && result >= 0)
            result = -EFAULT;
    }
    return result;
}

struct mask_argument {
    uaddr_t mask;
    size_t size;
};

int64_t sys_pselect6(int count, uaddr_t read, uaddr_t write, uaddr_t except, uaddr_t timeout,
                     uaddr_t mask_address) {
    const uaddr_t addresses[SETS] = {read, write, except};
    struct mask_argument mask = {0, 0};
    nanos_t deadline;
    int error = mask_address ? get_user(mask, mask_address) : 0;

    if (error == 0)
        error = deadline_from_user(timeout, &deadline);
    if (error == 0)
        error = signal_set_temporary_mask(mask.mask, mask.size);
    if (error)
        return error;
    int64_t result = select_user(count, addresses, deadline);
    if (timeout) {
        struct linux_timespec left = time_left(deadline);

        if (put_user(left, timeout) && result >= 0)
            result = -EFAULT;
    }
    return result;
}
