/* A name instead of the boot configuration's, for uname and /proc, and for this machine alone:
 * peers know it by the name of its link. */
#include "core/boot.h"
#include "core/string.h"
#include "linux/abi.h"
#include "linux/credentials.h"
#include "linux/errno.h"
#include "mm/user.h"

#define LONGEST (sizeof(((struct linux_utsname *)NULL)->node) - 1)

int64_t sys_sethostname(uaddr_t from, int32_t size) {
    static char name[LONGEST + 1];
    char taken[LONGEST + 1] = "";

    if (credentials.users.effective != 0)
        return -EPERM;
    if (size < 0 || (size_t)size > LONGEST)
        return -EINVAL;
    if (copy_from_user(taken, from, (size_t)size) != 0)
        return -EFAULT;
    memcpy(name, taken, sizeof(name));
    boot.hostname = name;
    return 0;
}
