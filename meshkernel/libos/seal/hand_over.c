/* The seal: everything comes to rest, the host is told which memory is in use, and the machine
 * resets. Its memory, which the host can read, is then what another one goes on from. */
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/interrupts.h"
#include "arch/x86_64/layout.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/pvh.h"
#include "arch/x86_64/trap.h"
#include "arch/x86_64/xsave.h"
#include "core/alloc.h"
#include "core/boot.h"
#include "core/clock.h"
#include "core/pages.h"
#include "core/print.h"
#include "core/random.h"
#include "core/thread.h"
#include "core/timer.h"
#include "drivers/virtio/console/console.h"
#include "linux/process.h"
#include "mm/user.h"
#include "seal/internal.h"
#include "seal/seal.h"

#define CONTINUED_PROCESS 1
#define CLONE_CHILD_CLEARTID 0x200000u
#define CLONE_CHILD_SETTID 0x1000000u
#define PATIENCE (10 * NANOS_PER_SECOND)

SET_DECLARE(seals, const struct seal_step *);

extern char pvh_entry[], boot_stack_top[];

static struct seal seal;

void seal_run(enum seal_stage stage) {
    SET_FOR_EACH(seals, const struct seal_step *, member)
    if ((*member)->stage == stage)
        (*member)->run();
}

/* The thread as it is to return from its call, in the child. */
static void keep_thread(uint64_t flags, uaddr_t child_tid) {
    struct thread *thread = current;
    int tid = CONTINUED_PROCESS;

    process_id = thread->tid = tid;
    /* A bad pointer is the caller's loss, as under Linux. */
    if (flags & CLONE_CHILD_SETTID)
        (void)put_user(tid, child_tid);
    if (flags & CLONE_CHILD_CLEARTID)
        thread->clear_child_tid = child_tid;
    thread->user_frame->rax = 0;
    thread->fs_base = cpu_fs_base();
    thread->gs_base = cpu_gs_base();
    xsave_save(thread->xsave);
    xsave_forget(thread);
}

static void add_range(uint64_t start, uint64_t end) {
    seal.ranges[seal.range_count++] = (struct seal_range){start, end};
}

/* The kernel with its image lies below all ranges of pages. */
static void describe(void) {
    struct page_span span;

    seal.version = SEAL_VERSION;
    seal.entry = phys_of(pvh_entry);
    seal.processor = seal_processor;
    add_range(phys_of(kernel_start), PAGE_UP(phys_of(image_end)));
    for (size_t i = 0; pages_span(i, &span); i++)
        add_range(span.start, span.fresh);
}

static void tell(void) {
    size_t size = offsetof(struct seal, ranges) + seal.range_count * sizeof(seal.ranges[0]);

    if (virtio_console_send(CONTROL_SEALED, &seal, size) < 0)
        panic("the machine is for sealing, but has no control channel");
    virtio_console_drain(clock_monotonic() + PATIENCE);
    if (virtio_console_queued() > 0)
        panic("the host does not take what is sealed");
}

/* On the stack of the start: all others are cleared, but for the registers of the application. */
AT_THE_SEAL static noreturn void finish(void) {
    const struct thread *thread = current;

    kernel_stacks_clear((uint64_t)thread->user_frame, thread->kernel_stack_top);
    heap_clear_free();
    pages_clear_free();
    paging_settle();
    clock_hold();
    machine_sealed = seal_continue;
    cpu_reset();
}

noreturn void seal_hand_over(uint64_t flags, uaddr_t child_tid) {
    keep_thread(flags, child_tid);
    threads_settle();
    process_fork = NULL;
    seal_run(SEAL_LIBRARIES);
    interrupts_detach();
    seal_processor_read(&seal_processor);
    describe();
    tell();
    seal_run(SEAL_CHANNEL);
    if (timers_set())
        panic("the machine cannot be sealed: a timer is set that nobody knows");
    boot_forget();
    pvh_forget();
    random_forget();
    __asm__ volatile("movq %0, %%rsp\n\txorl %%ebp, %%ebp\n\tcall *%1"
                     :
                     : "r"(boot_stack_top), "r"(finish)
                     : "memory");
    __builtin_unreachable();
}
