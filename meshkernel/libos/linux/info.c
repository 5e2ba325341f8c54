/* What the system says of itself. */
#include "core/boot.h"
#include "core/clock.h"
#include "core/pages.h"
#include "core/string.h"
#include "core/thread.h"
#include "linux/abi.h"
#include "linux/errno.h"
#include "mm/space.h"
#include "mm/user.h"

/* glibc refuses to start on a kernel that is older than it was built for, so this names the Linux
 * whose calls we offer. */
#define RELEASE "6.1.0-meshkernel"

int64_t sys_uname(uaddr_t to) {
    struct linux_utsname name = {.system = "Linux",
                                 .release = RELEASE,
                                 .version = "#1 meshkernel",
                                 .machine = "x86_64",
                                 .domain = "(none)"};

    string_copy(name.node, boot.hostname, sizeof(name.node));
    return put_user(name, to);
}

int64_t sys_sysinfo(uaddr_t to) {
    struct linux_sysinfo info = {.uptime = clock_monotonic() / NANOS_PER_SECOND,
                                 .total_ram = pages_total(),
                                 .free_ram = pages_available(),
                                 .unit = PAGE_SIZE};

    LIST_FOR_EACH(node, &all_threads)
    info.processes += LIST_ENTRY(node, struct thread, all_link)->application;
    return put_user(info, to);
}
