/* Extended attributes: no file system has any. */
#include "core/types.h"
#include "linux/errno.h"

#define NOT_SUPPORTED(name)                                                                        \
    int64_t sys_##name(void) {                                                                     \
        return -ENOTSUP;                                                                           \
    }

NOT_SUPPORTED(setxattr)
NOT_SUPPORTED(lsetxattr)
NOT_SUPPORTED(fsetxattr)
NOT_SUPPORTED(getxattr)
NOT_SUPPORTED(lgetxattr)
NOT_SUPPORTED(fgetxattr)
NOT_SUPPORTED(listxattr)
NOT_SUPPORTED(llistxattr)
NOT_SUPPORTED(flistxattr)
NOT_SUPPORTED(removexattr)
NOT_SUPPORTED(lremovexattr)
NOT_SUPPORTED(fremovexattr)
