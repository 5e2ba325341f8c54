/* What is pending for whom, and what happens on the way back into the application. Of each signal
 * at most one is pending for a thread, real-time ones too. Nothing can be stopped: the stop signals
 * do nothing. */
#include "linux/signal.h"

#include "core/panic.h"
#include "core/string.h"
#include "linux/errno.h"
#include "linux/process.h"
#include "linux/pystack.h"
#include "linux/sigframe.h"
#include "linux/signal_state.h"
#include "mm/space.h"
#include "mm/user.h"
#include "seal/seal.h"

#define IGNORED_BY_DEFAULT                                                                         \
    (SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGCONT) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH) |       \
     SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))

static struct linux_sigaction actions[SIGNAL_COUNT];
static struct linux_siginfo infos[SIGNAL_COUNT];
static uint64_t process_pending; /* every thread blocked it when it came */

struct linux_sigaction *signal_action(int signal) {
    return &actions[signal - 1];
}

struct linux_siginfo *signal_info(int signal) {
    return &infos[signal - 1];
}

static bool is_ignored(int signal) {
    uaddr_t handler = actions[signal - 1].handler;

    return handler == SIG_IGN || (handler == SIG_DFL && (IGNORED_BY_DEFAULT & SIGNAL_BIT(signal)));
}

static const char *const names[] = {
    [SIGHUP] = "SIGHUP",       [SIGINT] = "SIGINT",   [SIGQUIT] = "SIGQUIT", [SIGILL] = "SIGILL",
    [SIGTRAP] = "SIGTRAP",     [SIGABRT] = "SIGABRT", [SIGBUS] = "SIGBUS",   [SIGFPE] = "SIGFPE",
    [SIGKILL] = "SIGKILL",     [SIGUSR1] = "SIGUSR1", [SIGSEGV] = "SIGSEGV", [SIGUSR2] = "SIGUSR2",
    [SIGPIPE] = "SIGPIPE",     [SIGALRM] = "SIGALRM", [SIGTERM] = "SIGTERM", [SIGSYS] = "SIGSYS",
    [SIGVTALRM] = "SIGVTALRM", [SIGPROF] = "SIGPROF",
};

static const char *name_of(int signal) {
    bool known = (size_t)signal < ARRAY_SIZE(names) && names[signal];

    return known ? names[signal] : "no name";
}

static noreturn void terminate(int signal) {
    print("meshkernel: the program was ended by signal %d (%s)\n", signal, name_of(signal));
    if (signal != SIGINT && signal != SIGTERM && signal != SIGKILL) {
        panic_registers(current->user_frame);
        panic_call();
        python_stacks_print(current);
    }
    machine_killed(signal);
}

/* `thread` may be NULL. One that has ended may still be `current` while the machine idles. */
static bool takes(const struct thread *thread, int signal) {
    return thread && thread->application && thread->state != THREAD_DEAD &&
           !(thread->signal_mask & SIGNAL_BIT(signal));
}

/* A thread that does not block it: as on Linux the first one if possible, since programs sleep
 * there and expect to be woken; then the running one. */
static struct thread *choose(int signal) {
    struct thread *first = thread_find(process_id);

    if (takes(first, signal))
        return first;
    if (takes(current, signal))
        return current;
    LIST_FOR_EACH(node, &all_threads) {
        struct thread *thread = LIST_ENTRY(node, struct thread, all_link);

        if (takes(thread, signal))
            return thread;
    }
    return NULL;
}

/* A child starts with nothing pending. */
static void forget_pending(void) {
    process_pending = 0;
    current->signal_pending = 0;
}
SEAL(SEAL_LIBRARIES, forget_pending);

void signal_post(struct thread *thread, int signal, const struct linux_siginfo *info) {
    uint64_t bit = SIGNAL_BIT(signal);

    if (signal == SIGKILL)
        terminate(signal);
    if (thread == NULL)
        thread = choose(signal);
    if (thread == NULL) {
        infos[signal - 1] = *info;
        process_pending |= bit;
        return;
    }
    bool blocked = thread->signal_mask & bit;
    if (is_ignored(signal) && !blocked)
        return;
    infos[signal - 1] = *info;
    thread->signal_pending |= bit;
    if (!blocked)
        thread_wake(thread, -EINTR);
}

static void raise(struct thread *thread, int signal) {
    struct linux_siginfo info = {.signal = signal, .code = SI_KERNEL};

    signal_post(thread, signal, &info);
}

void signal_raise(struct thread *thread, int signal) {
    raise(thread, signal);
}

void signal_raise_process(int signal) {
    raise(NULL, signal);
}

bool signal_interrupts(const struct thread *thread) {
    return (thread->signal_pending & ~thread->signal_mask) != 0;
}

void signal_set_mask(uint64_t mask) {
    current->signal_mask = mask & ~SIGNAL_UNBLOCKABLE;
    uint64_t now = process_pending & ~current->signal_mask;
    current->signal_pending |= now;
    process_pending &= ~now;
}

int signal_set_temporary_mask(uaddr_t set, size_t size) {
    uint64_t mask;

    if (set == 0)
        return 0;
    if (size != sizeof(mask))
        return -EINVAL;
    if (get_user(mask, set) != 0)
        return -EFAULT;
    current->signal_saved_mask = current->signal_mask;
    current->signal_restore_mask = true;
    signal_set_mask(mask);
    return 0;
}

void signal_thread_init(struct thread *thread, const struct thread *parent) {
    thread->application = true;
    thread->signal_mask = parent->signal_mask;
}

uint64_t signal_all_pending(void) {
    return current->signal_pending | process_pending;
}

int signal_take(uint64_t set) {
    uint64_t found = signal_all_pending() & set;

    if (found == 0)
        return 0;
    int signal = __builtin_ctzll(found) + 1;
    current->signal_pending &= ~SIGNAL_BIT(signal);
    process_pending &= ~SIGNAL_BIT(signal);
    return signal;
}

/* The calls that Linux starts again after a handler with SA_RESTART, when they have no time limit.
 * (Of futex, linux/futex/futex.c says itself when.) */
static bool is_restartable(int64_t number) {
    static const uint16_t numbers[] = {0 /* read */,     1 /* write */,     16 /* ioctl */,
                                       17 /* pread64 */, 18 /* pwrite64 */, 19 /* readv */,
                                       20 /* writev */,  42 /* connect */,  43 /* accept */,
                                       44 /* sendto */,  45 /* recvfrom */, 46 /* sendmsg */,
                                       47 /* recvmsg */, 61 /* wait4 */,    72 /* fcntl */,
                                       73 /* flock */,   247 /* waitid */,  288 /* accept4 */};

    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
        if (numbers[i] == number)
            return true;
    return false;
}

/* `action` is NULL when no handler runs. The instruction `syscall` is two bytes. */
static void settle_call(struct trap_frame *frame, int64_t number,
                        const struct linux_sigaction *action) {
    int64_t result = (int64_t)frame->rax;
    bool always = result == -ERESTARTSYS;

    if (number == SIGNAL_NO_CALL || (!always && result != -EINTR))
        return;
    if ((always || is_restartable(number)) && (action == NULL || (action->flags & SA_RESTART))) {
        frame->rax = (uint64_t)number;
        frame->rip -= 2;
    } else {
        frame->rax = (uint64_t)-EINTR;
    }
}

static void restore_mask(void) {
    if (!current->signal_restore_mask)
        return;
    current->signal_restore_mask = false;
    signal_set_mask(current->signal_saved_mask);
}

/* Enters the handler; the frame keeps the mask that was in force before the call. */
static bool enter_handler(struct trap_frame *frame, int signal) {
    struct linux_sigaction action = actions[signal - 1];
    uint64_t mask = current->signal_mask;
    uint64_t old = current->signal_restore_mask ? current->signal_saved_mask : mask;

    if (!signal_frame_push(frame, signal, &action, &infos[signal - 1], old))
        return false;
    current->signal_restore_mask = false;
    if (action.flags & SA_RESETHAND)
        actions[signal - 1].handler = SIG_DFL;
    mask |= action.mask;
    if (!(action.flags & SA_NODEFER))
        mask |= SIGNAL_BIT(signal);
    signal_set_mask(mask);
    return true;
}

void signal_deliver(struct trap_frame *frame, int64_t number) {
    int signal;

    while (signal_interrupts(current) && (signal = signal_take(~current->signal_mask)) != 0) {
        if (is_ignored(signal))
            continue;
        struct linux_sigaction *action = signal_action(signal);
        if (action->handler == SIG_DFL)
            terminate(signal);
        settle_call(frame, number, action);
        number = SIGNAL_NO_CALL; /* settled: a second handler must not do it again */
        if (!enter_handler(frame, signal))
            terminate(SIGSEGV); /* no room on the stack */
    }
    settle_call(frame, number, NULL);
    restore_mask();
}

static noreturn void die(const struct trap_frame *frame, int signal, uaddr_t address) {
    bool stack = signal == SIGSEGV && space_explain(address) == SPACE_FAULT_STACK;

    print("meshkernel: the program was ended by signal %d (%s) at instruction %p, address %p%s\n",
          signal, name_of(signal), (void *)frame->rip, (void *)address,
          stack ? ": its stack is used up" : "");
    panic_registers(frame);
    python_stacks_print(current);
    machine_killed(signal);
}

/* The CPU knows which pages are there, not which may be: pages come only when they are touched. */
static void explain_page_fault(uaddr_t address, int *signal, int *code) {
    enum space_fault_kind kind = space_explain(address);

    *code = kind == SPACE_FAULT_NOTHING ? SEGV_MAPERR : SEGV_ACCERR;
    if (kind == SPACE_FAULT_PAST_FILE) {
        *signal = SIGBUS;
        *code = BUS_ADRERR;
    }
}

void signal_fault(struct trap_frame *frame, int signal, int code, uaddr_t address) {
    if (signal == SIGSEGV && (code == SEGV_MAPERR || code == SEGV_ACCERR))
        explain_page_fault(address, &signal, &code);
    uaddr_t handler = actions[signal - 1].handler;
    bool blocked = current->signal_mask & SIGNAL_BIT(signal);

    if (handler == SIG_DFL || handler == SIG_IGN || blocked)
        die(frame, signal, address);
    infos[signal - 1] = (struct linux_siginfo){.signal = signal, .code = code, .address = address};
    if (!enter_handler(frame, signal))
        die(frame, signal, address);
}
