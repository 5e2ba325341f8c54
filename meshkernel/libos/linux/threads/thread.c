/* Threads of the application: clone, and what the end of one means. There is one process; whatever
 * would make a second is refused in one line that names the Python code that asked. */
#include "core/thread.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/trap.h"
#include "arch/x86_64/xsave.h"
#include "core/alloc.h"
#include "linux/errno.h"
#include "linux/futex/futex.h"
#include "linux/process.h"
#include "linux/signal.h"
#include "mm/space.h"
#include "mm/user.h"

#define CLONE_VM 0x100u
#define CLONE_FS 0x200u
#define CLONE_FILES 0x400u
#define CLONE_SIGHAND 0x800u
#define CLONE_THREAD 0x10000u
#define CLONE_SETTLS 0x80000u
#define CLONE_PARENT_SETTID 0x100000u
#define CLONE_CHILD_CLEARTID 0x200000u
#define CLONE_CHILD_SETTID 0x1000000u
#define CLONE_SHARED (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)

static unsigned application_threads = 1;

int64_t (*process_fork)(uint64_t flags, uaddr_t child_tid);

struct clone_arguments {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};

/* The first thing that a new thread runs. */
static void enter_application(void *argument) {
    struct trap_frame frame = *(struct trap_frame *)argument;

    kfree(argument);
    return_to_user(&frame);
}

static struct thread *new_thread(const struct clone_arguments *arguments) {
    struct trap_frame *frame = knew(struct trap_frame);

    if (frame == NULL)
        return NULL;
    *frame = *current->user_frame;
    frame->rax = 0;
    if (arguments->stack)
        frame->rsp = arguments->stack + arguments->stack_size;
    struct thread *thread = thread_create(current->name, enter_application, frame);
    if (thread == NULL) {
        kfree(frame);
        return NULL;
    }
    thread->fs_base = arguments->flags & CLONE_SETTLS ? arguments->tls : cpu_fs_base();
    thread->gs_base = cpu_gs_base();
    xsave_save(thread->xsave); /* rounding modes and the like are inherited */
    signal_thread_init(thread, current);
    return thread;
}

/* glibc's vfork and posix_spawn end here, too. */
static int64_t make_process(const struct clone_arguments *arguments) {
    bool as_fork = !(arguments->flags & (CLONE_VM | CLONE_SETTLS)) && arguments->stack == 0;

    return process_fork && as_fork ? process_fork(arguments->flags, arguments->child_tid)
                                   : report_missing_call(57, "fork");
}

static int64_t clone_thread(const struct clone_arguments *arguments) {
    uint64_t flags = arguments->flags;

    if ((flags & CLONE_SETTLS) && arguments->tls >= SPACE_TOP)
        return -EPERM;
    struct thread *thread = new_thread(arguments);
    if (thread == NULL)
        return -EAGAIN; /* what clone answers when there is no room for a thread */
    /* The child has not run yet, so both see the number. A bad pointer is the caller's loss, as
     * under Linux. */
    if (flags & CLONE_PARENT_SETTID)
        (void)put_user(thread->tid, arguments->parent_tid);
    if (flags & CLONE_CHILD_SETTID)
        (void)put_user(thread->tid, arguments->child_tid);
    if (flags & CLONE_CHILD_CLEARTID)
        thread->clear_child_tid = arguments->child_tid;
    application_threads++;
    thread_wake(thread, 0);
    return thread->tid;
}

int64_t sys_clone(uint64_t flags, uaddr_t stack, uaddr_t parent_tid, uaddr_t child_tid,
                  uaddr_t tls) {
    struct clone_arguments arguments = {.flags = flags,
                                        .child_tid = child_tid,
                                        .parent_tid = parent_tid,
                                        .stack = stack,
                                        .tls = tls};

    if ((flags & CLONE_SHARED) != CLONE_SHARED)
        return make_process(&arguments);
    return clone_thread(&arguments);
}

int64_t sys_clone3(uaddr_t address, size_t size) {
    struct clone_arguments arguments;

    if (size < sizeof(arguments))
        return -EINVAL;
    if (get_user(arguments, address) != 0)
        return -EFAULT;
    if ((arguments.flags & CLONE_SHARED) != CLONE_SHARED)
        return make_process(&arguments);
    return clone_thread(&arguments);
}

int64_t sys_exit(int status) {
    int zero = 0;

    if (--application_threads == 0)
        machine_exit(status & 0xff);
    futex_release_robust(current);
    /* pthread_join waits for this word. It may be gone by now: then nobody waits. */
    if (current->clear_child_tid && put_user(zero, current->clear_child_tid) == 0)
        futex_wake(current->clear_child_tid, 1);
    thread_exit();
}
