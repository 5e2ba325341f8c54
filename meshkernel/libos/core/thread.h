/* Threads and the scheduler: one CPU, round robin, preempted only while in the application. */
#pragma once

#include "core/list.h"
#include "core/types.h"
#include "core/wait.h"

struct trap_frame; /* arch/x86_64/trap.h */

enum thread_state { THREAD_RUNNABLE, THREAD_SLEEPING, THREAD_DEAD };

#define THREAD_NAME_SIZE 16
#define SIGNAL_COUNT 64

struct thread {
    /* arch: the offsets of these are known to assembly (arch/x86_64/offsets.h checks them). */
    uint64_t kernel_sp;        /* saved stack pointer while not running */
    uint64_t kernel_stack_top; /* where a system call starts */
    uint64_t fs_base;
    void *xsave;                   /* extended state, 64-byte aligned */
    struct trap_frame *user_frame; /* registers of the application at system-call entry */

    enum thread_state state;
    struct list run_link; /* on the run queue while runnable and not running */
    struct list all_link;
    int tid;
    char name[THREAD_NAME_SIZE];

    /* set while asleep: who wakes us, and why it woke */
    int wake_result;

    /* Linux thread life cycle (linux/thread.c, linux/futex/futex.c) */
    uaddr_t clear_child_tid;
    uaddr_t robust_list;

    /* signals (linux/signal.c): bit n-1 is signal n */
    uint64_t signal_mask;
    uint64_t signal_pending;
    uint64_t signal_saved_mask; /* of ppoll, pselect, epoll_pwait, sigsuspend */
    bool signal_restore_mask;
    uaddr_t signal_stack;
    size_t signal_stack_size;
    bool application; /* runs the application's code: may be chosen for a signal to the process */

    uint64_t gs_base; /* as fs_base; no C library uses it, but a program may */

    nanos_t cpu_time; /* that it has run, up to the last time it stopped */
};

extern struct thread *current;
extern struct list all_threads;

/* A thread that starts in `entry` in the library OS (which may go on into the application and does
 * not return). NULL when memory is used up. Not yet runnable. */
struct thread *thread_create(const char *name, void (*entry)(void *argument), void *argument);

/* Makes a sleeping or new thread runnable; harmless for one that is. */
void thread_wake(struct thread *thread, int result);

/* Runs other threads until this one is runnable again; idles in HLT while none is. */
void schedule(void);

/* Sleeps until thread_wake or the deadline; returns the wake-up's result or -ETIMEDOUT. */
int thread_sleep(nanos_t deadline);

/* True when an interrupt should not return to the running thread: its slice is over, or it woke
 * another. */
bool thread_preempt_due(void);

/* Makes the code that runs since boot a thread; it may schedule() from then on. */
void threads_init(void *stack_top);

/* How long a thread has run, and all of them together. */
nanos_t thread_cpu_time(const struct thread *thread);
nanos_t threads_cpu_time(void);

/* In an interrupt: no thread is running, so that no time is being used. */
bool threads_idle(void);

/* Nobody but the running thread runs any more: the service ends. */
void threads_stop_others(void);

/* Before a seal, when one thread is left: nothing is to be done for others any more. */
void threads_settle(void);

noreturn void thread_exit(void);
struct thread *thread_find(int tid);

/* True when the sleeping call should end early because a signal is to be delivered. */
bool signal_interrupts(const struct thread *thread);

/* Each ends the service: tells the host the status (0-255) or the signal, stops the machine. */
noreturn void machine_exit(int status);
noreturn void machine_killed(int signal);
