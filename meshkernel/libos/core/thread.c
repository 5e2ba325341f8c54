/* Threads and the scheduler: round robin, one queue. A slice is measured only while somebody else
 * wants the CPU. */
#include "core/thread.h"

#include "arch/x86_64/interrupts.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/trap.h"
#include "arch/x86_64/xsave.h"
#include "core/alloc.h"
#include "core/clock.h"
#include "core/print.h"
#include "core/string.h"
#include "core/timer.h"
#include "linux/errno.h"
#include "linux/process.h"

#define SLICE (10 * NANOS_PER_MS)

struct thread *current;
struct list all_threads = LIST_INIT(all_threads);

static struct list run_queue = LIST_INIT(run_queue);
static bool preempt;
static struct timer slice;
static struct thread boot_thread = {.name = "boot"};
static struct thread *ended;            /* its stack can be freed once another one runs */
static bool idling;                     /* no time is used until a thread runs again */
static nanos_t running_since, all_time; /* of the running thread; of all, up to then */
static int last_tid = 1;

void stack_switch(uint64_t *save, uint64_t load);
extern char thread_entry[];

static void slice_over(struct timer *timer) {
    (void)timer;
    preempt = true;
}

void threads_init(void *stack_top) {
    timer_init(&slice, slice_over);
    list_init(&boot_thread.run_link);
    list_init(&boot_thread.all_link);
    boot_thread.kernel_stack_top = (uint64_t)stack_top;
    current = &boot_thread;
}

bool thread_preempt_due(void) {
    return preempt && !list_empty(&run_queue);
}

/* The stack as stack_switch leaves it, below the place of the application's registers: six
 * registers, then the address to return to. */
static void prepare_stack(struct thread *thread, void (*entry)(void *argument), void *argument) {
    thread->user_frame = (struct trap_frame *)thread->kernel_stack_top - 1;
    uint64_t *sp = (uint64_t *)thread->user_frame;
    *--sp = (uint64_t)thread_entry;
    *--sp = (uint64_t)entry;    /* rbx */
    *--sp = 0;                  /* rbp */
    *--sp = (uint64_t)argument; /* r12 */
    sp -= 3;                    /* r13 to r15 */
    thread->kernel_sp = (uint64_t)sp;
}

static void thread_free(struct thread *thread) {
    if (thread->kernel_stack_top)
        kernel_stack_free((void *)thread->kernel_stack_top);
    xsave_free(thread->xsave);
    if (thread != &boot_thread)
        kfree(thread);
}

struct thread *thread_create(const char *name, void (*entry)(void *argument), void *argument) {
    struct thread *thread = knew(struct thread);
    if (thread == NULL)
        return NULL;
    list_init(&thread->run_link);
    thread->kernel_stack_top = (uint64_t)kernel_stack_alloc();
    thread->xsave = xsave_alloc();
    if (thread->kernel_stack_top == 0 || thread->xsave == NULL) {
        thread_free(thread);
        return NULL;
    }
    prepare_stack(thread, entry, argument);
    thread->state = THREAD_SLEEPING;
    thread->tid = ++last_tid;
    string_copy(thread->name, name, sizeof thread->name);
    list_append(&all_threads, &thread->all_link);
    return thread;
}

void thread_wake(struct thread *thread, int result) {
    if (thread->state != THREAD_SLEEPING)
        return;
    thread->state = THREAD_RUNNABLE;
    thread->wake_result = result;
    list_append(&run_queue, &thread->run_link);
    if (interrupt_running())
        preempt = true; /* it waited for this: it goes first, as it would on an idle CPU */
    else if (!timer_pending(&slice))
        timer_set(&slice, clock_monotonic() + SLICE);
}

/* Interrupts are taken here and while the application runs, nowhere else. The one that made a
 * thread runnable may come before HLT: `sti` delays it by the one instruction. */
static void idle(void) {
    __asm__ volatile("sti; hlt; cli" : : : "memory");
}

static void reap(void) {
    if (ended != NULL && ended != current) {
        thread_free(ended);
        ended = NULL;
    }
}

/* The running thread's time ends here, or it begins again behind an idle time. */
static void account(nanos_t now) {
    current->cpu_time += now - running_since;
    all_time += now - running_since;
    running_since = now;
}

nanos_t thread_cpu_time(const struct thread *thread) {
    return thread->cpu_time + (thread == current ? clock_monotonic() - running_since : 0);
}

nanos_t threads_cpu_time(void) {
    return all_time + (idling ? 0 : clock_monotonic() - running_since);
}

bool threads_idle(void) {
    return idling;
}

static struct thread *pick(void) {
    account(clock_monotonic());
    if (list_empty(&run_queue)) {
        idling = true;
        while (list_empty(&run_queue))
            idle();
        idling = false;
        running_since = clock_monotonic();
    }
    struct thread *next = LIST_FIRST(&run_queue, struct thread, run_link);
    list_remove(&next->run_link);
    return next;
}

static void start_slice(void) {
    preempt = false;
    if (list_empty(&run_queue))
        timer_cancel(&slice);
    else
        timer_set(&slice, running_since + SLICE);
}

void schedule(void) {
    struct thread *previous = current;
    if (previous->state == THREAD_RUNNABLE)
        list_append(&run_queue, &previous->run_link);
    struct thread *next = pick();
    start_slice();
    if (next == previous)
        return;
    if (next->application)
        xsave_switch(next);
    current = next;
    stack_switch(&previous->kernel_sp, next->kernel_sp);
    reap();
}

struct sleeper {
    struct timer timer;
    struct thread *thread;
};

static void sleep_over(struct timer *timer) {
    thread_wake(CONTAINER_OF(timer, struct sleeper, timer)->thread, -ETIMEDOUT);
}

int thread_sleep(nanos_t deadline) {
    if (deadline <= clock_monotonic()) { /* no sleep, but a turn for the others */
        schedule();
        return -ETIMEDOUT;
    }
    struct sleeper sleeper = {.thread = current};
    timer_init(&sleeper.timer, sleep_over);
    timer_set(&sleeper.timer, deadline);
    current->state = THREAD_SLEEPING;
    schedule();
    timer_cancel(&sleeper.timer);
    return current->wake_result;
}

void threads_settle(void) {
    reap();
    timer_cancel(&slice);
    preempt = false;
}

noreturn void thread_exit(void) {
    reap(); /* an earlier one, when no thread has come back from schedule() since */
    list_remove(&current->all_link);
    xsave_forget(current);
    current->state = THREAD_DEAD;
    ended = current;
    schedule();
    __builtin_unreachable();
}

/* They stay where they are: their stacks hold waiters and timers that others still know. */
void threads_stop_others(void) {
    LIST_FOR_EACH(node, &all_threads) {
        struct thread *thread = LIST_ENTRY(node, struct thread, all_link);
        if (thread == current)
            continue;
        thread->state = THREAD_DEAD;
        list_remove(&thread->run_link);
    }
}

struct thread *thread_find(int tid) {
    LIST_FOR_EACH(node, &all_threads) {
        struct thread *thread = LIST_ENTRY(node, struct thread, all_link);
        if (thread->tid == tid)
            return thread;
    }
    return NULL;
}
