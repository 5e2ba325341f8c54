/* Signals: handlers, masks, alternate stacks, restarts, timers, faults. */
#define _GNU_SOURCE
#include "guest.h"

#include <fenv.h>
#include <poll.h>

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

static volatile sig_atomic_t seen, count;
static volatile int code;

static void note(int signal) {
    seen = signal;
    count++;
}

static void install(int signal, void *handler, int flags) {
    struct sigaction action = {.sa_flags = flags};

    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    if (sigaction(signal, &action, NULL) != 0)
        perror("sigaction");
}

static void test_handler(void) {
    install(SIGUSR1, note, 0);
    SHOW("%d", raise(SIGUSR1));
    SHOW("%d %d", seen, count);
    SHOW("%d", kill(getpid(), SIGUSR1));
    SHOW("%d", count);
    SHOW("%d", kill(12345, 0));
    SHOW_ERRNO();
    SHOW("%d", kill(getpid(), 65));
    SHOW_ERRNO();
}

static void test_mask(void) {
    sigset_t set, old, pending;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    count = 0;
    SHOW("%d", sigprocmask(SIG_BLOCK, &set, &old));
    raise(SIGUSR1);
    raise(SIGUSR1);
    SHOW("%d", count);
    sigpending(&pending);
    SHOW("%d %d", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGUSR2));
    SHOW("%d", sigprocmask(SIG_SETMASK, &old, NULL));
    SHOW("%d", count);
}

static void with_info(int signal, siginfo_t *info, void *context) {
    ucontext_t *user = context;

    seen = signal;
    code = info->si_code;
    SHOW("%d %d", info->si_signo, info->si_value.sival_int);
    SHOW("%d", sigismember(&user->uc_sigmask, SIGUSR2));
    SHOW("%d", user->uc_mcontext.fpregs != NULL);
}

static void test_info(void) {
    union sigval value = {.sival_int = 42};

    install(SIGUSR2, with_info, SA_SIGINFO);
    SHOW("%d", sigqueue(getpid(), SIGUSR2, value));
    SHOW("%d", code == SI_QUEUE);
}

static char stack[65536];
static volatile int on_stack;

static void look_at_stack(int signal) {
    char here;

    (void)signal;
    on_stack = &here >= stack && &here < stack + sizeof(stack);
}

static void test_alternate_stack(void) {
    stack_t new = {.ss_sp = stack, .ss_size = sizeof(stack)}, old;

    SHOW("%d", sigaltstack(&new, NULL));
    install(SIGUSR1, look_at_stack, SA_ONSTACK);
    raise(SIGUSR1);
    SHOW("%d", on_stack);
    SHOW("%d", sigaltstack(NULL, &old));
    SHOW("%d %d", old.ss_sp == stack, old.ss_flags);
}

/* Registers, vector registers and the rounding mode must survive a handler that ruins them. */
static void ruin(int signal) {
    (void)signal;
    fesetround(FE_UPWARD);
    __asm__ volatile("xorps %%xmm5, %%xmm5\n xorps %%xmm15, %%xmm15" : : : "xmm5", "xmm15");
    count++;
}

static void test_registers_survive(void) {
    uint64_t in = 0x1122334455667788, out = 0, sum = 0;
    long result;

    install(SIGUSR1, ruin, 0);
    fesetround(FE_DOWNWARD);
    __asm__ volatile("movq %3, %%xmm5\n movq %3, %%r12\n movl $200, %%eax\n movl %4, %%edi\n"
                     "movl $10, %%esi\n syscall\n movq %%xmm5, %0\n movq %%r12, %1\n"
                     : "=&r"(out), "=&r"(sum), "=&a"(result)
                     : "r"(in), "r"((int)syscall(SYS_gettid))
                     : "xmm5", "r12", "rdi", "rsi", "rcx", "r11", "memory");
    SHOW("%d", out == in);
    SHOW("%d", sum == in);
    SHOW("%ld", result);
    SHOW("%d", fegetround() == FE_DOWNWARD);
    fesetround(FE_TONEAREST);
}

static sigjmp_buf jump;
static volatile void *fault_address;

static void on_fault(int signal, siginfo_t *info, void *context) {
    (void)context;
    seen = signal;
    code = info->si_code;
    fault_address = info->si_addr;
    siglongjmp(jump, 1);
}

static void test_faults(void) {
    char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    install(SIGSEGV, on_fault, SA_SIGINFO | SA_ONSTACK);
    install(SIGFPE, on_fault, SA_SIGINFO);
    install(SIGILL, on_fault, SA_SIGINFO);
    if (sigsetjmp(jump, 1) == 0)
        *(volatile int *)16 = 1;
    SHOW("%d %d %p", seen, code, fault_address);
    if (sigsetjmp(jump, 1) == 0)
        *(volatile char *)(page + 5) = 1;
    SHOW("%d %d %d", seen, code, fault_address == page + 5);
    if (sigsetjmp(jump, 1) == 0)
        ((void (*)(void))page)();
    SHOW("%d %d %d", seen, code, fault_address == page);
    if (sigsetjmp(jump, 1) == 0) {
        volatile int zero = 0;
        seen = 7 / zero;
    }
    SHOW("%d %d", seen, code);
    if (sigsetjmp(jump, 1) == 0)
        __asm__ volatile("ud2");
    SHOW("%d", seen);
}

static void *write_later(void *argument) {
    int *fds = argument;

    pthread_kill(*(pthread_t *)(void *)&fds[2], SIGUSR1);
    usleep(20000);
    if (write(fds[1], "x", 1) != 1)
        perror("write");
    return NULL;
}

static void interrupted_read(int flags) {
    struct {
        int fds[2];
        pthread_t reader;
    } shared = {.reader = pthread_self()};
    pthread_t thread;
    char byte = 0;

    install(SIGUSR1, note, flags);
    count = 0;
    if (pipe(shared.fds) != 0)
        perror("pipe");
    pthread_create(&thread, NULL, write_later, &shared);
    ssize_t got = read(shared.fds[0], &byte, 1);
    SHOW("%zd %d", got, count);
    if (got < 0)
        SHOW_ERRNO();
    pthread_join(thread, NULL);
    close(shared.fds[0]);
    close(shared.fds[1]);
}

static void test_fault_behind_the_end_of_a_file(void) {
    int fd = open("/etc/passwd", O_RDONLY);
    volatile char *map = mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE, fd, 0);

    install(SIGBUS, on_fault, SA_SIGINFO);
    if (sigsetjmp(jump, 1) == 0)
        seen = map[500000];
    SHOW("%d %d %d", seen, code, fault_address == map + 500000);
}

static void test_restart(void) {
    interrupted_read(SA_RESTART);
    interrupted_read(0);
}

static void test_timers(void) {
    struct itimerval timer = {.it_value = {0, 20000}, .it_interval = {0, 20000}}, old;
    sigset_t none;

    sigemptyset(&none);
    install(SIGALRM, note, 0);
    count = 0;
    SHOW("%d", setitimer(ITIMER_REAL, &timer, NULL));
    while (count < 3) {
        int result = sigsuspend(&none);
        if (result != -1 || errno != EINTR)
            SHOW("%d", result);
    }
    memset(&timer, 0, sizeof(timer));
    SHOW("%d", setitimer(ITIMER_REAL, &timer, &old));
    SHOW("%ld", old.it_interval.tv_usec);
    SHOW("%u", alarm(100));
    SHOW("%u", alarm(0));
}

static void test_waiting_for_signals(void) {
    struct timespec shortly = {0, 10000000};
    siginfo_t info;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    SHOW("%d", sigtimedwait(&set, &info, &shortly));
    SHOW_ERRNO();
    raise(SIGUSR2);
    SHOW("%d", sigtimedwait(&set, &info, &shortly));
    SHOW("%d %d", info.si_signo, info.si_code);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void test_ignored(void) {
    signal(SIGUSR1, SIG_IGN);
    SHOW("%d", raise(SIGUSR1));
    SHOW("%d", raise(SIGCHLD));
    install(SIGUSR1, note, SA_RESETHAND);
    raise(SIGUSR1);
    struct sigaction now;
    sigaction(SIGUSR1, NULL, &now);
    SHOW("%d", now.sa_handler == SIG_DFL);
}

/* Time that is used, not time that passes. */
static void test_used_time(int which, int signal) {
    struct itimerval timer = {.it_value = {0, 50000}}, old;
    struct timespec nap = {0, 150000000};

    count = 0;
    install(signal, note, 0);
    SHOW("%d", setitimer(which, &timer, NULL));
    SHOW("%d", nanosleep(&nap, NULL));
    SHOW("%d", count);
    SHOW("%d", getitimer(which, &old));
    SHOW("%d", old.it_value.tv_sec == 0 && old.it_value.tv_usec > 0);
    while (count == 0)
        ;
    SHOW("%d", seen == signal);
    SHOW("%d", getitimer(which, &old));
    SHOW("%d %d", (int)old.it_value.tv_sec, (int)old.it_value.tv_usec);
    timer.it_interval.tv_usec = 20000;
    SHOW("%d", setitimer(which, &timer, NULL));
    while (count < 4)
        ;
    timer = (struct itimerval){0};
    SHOW("%d", setitimer(which, &timer, &old));
    SHOW("%d", (int)old.it_interval.tv_usec);
}

static void test_used_times(void) {
    struct itimerval timer = {0};

    test_used_time(ITIMER_VIRTUAL, SIGVTALRM);
    test_used_time(ITIMER_PROF, SIGPROF);
    SHOW("%d", setitimer(3, &timer, NULL));
    SHOW_ERRNO();
    SHOW("%d", getitimer(-1, &timer));
    SHOW_ERRNO();
}

static void test_pidfd(void) {
    int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
    struct pollfd item = {.fd = self, .events = POLLIN};

    count = 0;
    SHOW("%d", self > 2);
    SHOW("%d", fcntl(self, F_GETFD));
    SHOW("%d", poll(&item, 1, 0));
    SHOW("%ld", syscall(SYS_pidfd_send_signal, self, SIGUSR1, NULL, 0));
    SHOW("%d", count);
    SHOW("%ld", syscall(SYS_pidfd_send_signal, self, 0, NULL, 0));
    SHOW("%ld", syscall(SYS_pidfd_send_signal, self, 65, NULL, 0));
    SHOW_ERRNO();
    SHOW("%ld", syscall(SYS_pidfd_send_signal, 0, SIGUSR1, NULL, 0));
    SHOW_ERRNO();
    SHOW("%ld", syscall(SYS_pidfd_open, 0, 0));
    SHOW_ERRNO();
    SHOW("%ld", syscall(SYS_pidfd_open, getpid(), 1));
    SHOW_ERRNO();
    SHOW("%zd", read(self, &item, 1));
    SHOW_ERRNO();
    close(self);
    self = open("/proc/self", O_RDONLY | O_DIRECTORY);
    SHOW("%ld", syscall(SYS_pidfd_send_signal, self, SIGUSR1, NULL, 0));
    SHOW("%d", count);
    close(self);
    self = open("/proc", O_RDONLY | O_DIRECTORY);
    SHOW("%ld", syscall(SYS_pidfd_send_signal, self, SIGUSR1, NULL, 0));
    SHOW_ERRNO();
    close(self);
}

int main(void) {
    RUN(test_handler);
    RUN(test_mask);
    RUN(test_info);
    RUN(test_alternate_stack);
    RUN(test_registers_survive);
    RUN(test_faults);
    RUN(test_fault_behind_the_end_of_a_file);
    RUN(test_restart);
    RUN(test_timers);
    RUN(test_waiting_for_signals);
    RUN(test_used_times);
    RUN(test_pidfd);
    RUN(test_ignored);
    abort();
}
