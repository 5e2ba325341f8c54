/* The thread that there always is. */
#include "core/thread.h"
#include "arch/x86_64/cpu.h"
#include "linux/errno.h"
#include "linux/process.h"
#include "mm/space.h"
#include "mm/user.h"

#define ARCH_SET_GS 0x1001
#define ARCH_SET_FS 0x1002
#define ARCH_GET_FS 0x1003
#define ARCH_GET_GS 0x1004

void process_begin(struct thread *thread) {
    thread->application = true;
    thread->tid = process_id; /* the first thread's number is the process's */
}

int64_t sys_gettid(void) {
    return current->tid;
}

int64_t sys_set_tid_address(uaddr_t address) {
    current->clear_child_tid = address;
    return current->tid;
}

int64_t sys_exit_group(int status) {
    machine_exit(status & 0xff);
}

int64_t sys_arch_prctl(int operation, uaddr_t address) {
    if (operation == ARCH_GET_FS || operation == ARCH_GET_GS) {
        uint64_t base = operation == ARCH_GET_FS ? cpu_fs_base() : cpu_gs_base();

        return put_user(base, address);
    }
    if (operation != ARCH_SET_FS && operation != ARCH_SET_GS)
        return -EINVAL;
    if (address >= SPACE_TOP)
        return -EPERM;
    if (operation == ARCH_SET_FS)
        cpu_set_fs_base(address);
    else
        cpu_set_gs_base(address);
    return 0;
}
