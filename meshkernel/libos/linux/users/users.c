/* Who may become whom: effective user 0 anybody, others one of those that they are or were. Every
 * thread of glibc makes the same call in turn; they share what it changes, so the second one must
 * succeed as well, and does: it finds the new numbers. */
#include "core/alloc.h"
#include "linux/credentials.h"
#include "linux/errno.h"
#include "mm/user.h"

#define UNCHANGED UINT32_MAX

static bool privileged(void) {
    return credentials.users.effective == 0;
}

static bool is_one_of(const struct ids *ids, uint32_t id) {
    return id == ids->real || id == ids->effective || id == ids->saved;
}

static int64_t set_one(struct ids *ids, uint32_t id) {
    if (id == UNCHANGED)
        return -EINVAL;
    if (privileged())
        *ids = (struct ids){id, id, id};
    else if (id == ids->real || id == ids->saved)
        ids->effective = id;
    else
        return -EPERM;
    return 0;
}

int64_t sys_setuid(uint32_t user) {
    return set_one(&credentials.users, user);
}

int64_t sys_setgid(uint32_t group) {
    return set_one(&credentials.groups, group);
}

static int64_t set_two(struct ids *ids, uint32_t real, uint32_t effective) {
    const struct ids old = *ids;
    bool real_fits = real == UNCHANGED || real == old.real || real == old.effective;
    bool effective_fits = effective == UNCHANGED || is_one_of(&old, effective);

    if (!privileged() && (!real_fits || !effective_fits))
        return -EPERM;
    if (real != UNCHANGED)
        ids->real = real;
    if (effective != UNCHANGED)
        ids->effective = effective;
    if (real != UNCHANGED || (effective != UNCHANGED && effective != old.real))
        ids->saved = ids->effective;
    return 0;
}

int64_t sys_setreuid(uint32_t real, uint32_t effective) {
    return set_two(&credentials.users, real, effective);
}

int64_t sys_setregid(uint32_t real, uint32_t effective) {
    return set_two(&credentials.groups, real, effective);
}

static int64_t set_three(struct ids *ids, uint32_t real, uint32_t effective, uint32_t saved) {
    const uint32_t wanted[] = {real, effective, saved};

    for (size_t i = 0; !privileged() && i < ARRAY_SIZE(wanted); i++)
        if (wanted[i] != UNCHANGED && !is_one_of(ids, wanted[i]))
            return -EPERM;
    if (real != UNCHANGED)
        ids->real = real;
    if (effective != UNCHANGED)
        ids->effective = effective;
    if (saved != UNCHANGED)
        ids->saved = saved;
    return 0;
}

int64_t sys_setresuid(uint32_t real, uint32_t effective, uint32_t saved) {
    return set_three(&credentials.users, real, effective, saved);
}

int64_t sys_setresgid(uint32_t real, uint32_t effective, uint32_t saved) {
    return set_three(&credentials.groups, real, effective, saved);
}

int64_t sys_setgroups(uint32_t count, uaddr_t from) {
    if (!privileged())
        return -EPERM;
    if (count > GROUPS_MAX)
        return -EINVAL;
    uint32_t *groups = count ? kmalloc(count * sizeof(*groups)) : NULL;
    if (count && groups == NULL)
        return -ENOMEM;
    if (count && copy_from_user(groups, from, count * sizeof(*groups))) {
        kfree(groups);
        return -EFAULT;
    }
    kfree(credentials.others);
    credentials.others = groups;
    credentials.other_count = count;
    return 0;
}
