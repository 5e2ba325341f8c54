/* Asking who the process is; linux/users changes it. */
#include "linux/credentials.h"

#include "linux/errno.h"
#include "mm/user.h"

struct credentials credentials;

int64_t sys_getuid(void) {
    return credentials.users.real;
}

int64_t sys_geteuid(void) {
    return credentials.users.effective;
}

int64_t sys_getgid(void) {
    return credentials.groups.real;
}

int64_t sys_getegid(void) {
    return credentials.groups.effective;
}

static int put_ids(const struct ids *ids, uaddr_t real, uaddr_t effective, uaddr_t saved) {
    bool done = put_user(ids->real, real) == 0 && put_user(ids->effective, effective) == 0 &&
                put_user(ids->saved, saved) == 0;

    return done ? 0 : -EFAULT;
}

int64_t sys_getresuid(uaddr_t real, uaddr_t effective, uaddr_t saved) {
    return put_ids(&credentials.users, real, effective, saved);
}

int64_t sys_getresgid(uaddr_t real, uaddr_t effective, uaddr_t saved) {
    return put_ids(&credentials.groups, real, effective, saved);
}

/* Size 0 asks only how many there are. */
int64_t sys_getgroups(int size, uaddr_t to) {
    size_t count = credentials.other_count;

    if (size < 0 || (size > 0 && (size_t)size < count))
        return -EINVAL;
    if (size > 0 && count > 0 && copy_to_user(to, credentials.others, count * sizeof(uint32_t)))
        return -EFAULT;
    return (int64_t)count;
}
