/* The one process. */
#pragma once

#include "core/types.h"

/* Its number: 1, and 2 in a machine that is for sealing, since what continues there is its child
 * by fork. */
extern int process_id;

/* Loads the program of the boot configuration, gives it the console and enters it. Ends the service
 * with one sentence when that cannot be done. Runs in the first thread. */
noreturn void exec_first(void);

/* Says once per number that a system call is not there, with the Python line that made it, and the
 * library that would provide it. `name` is NULL when the number means nothing to us. Returns
 * -ENOSYS. */
int64_t report_missing_call(int number, const char *name);

/* The same about something else than a call; `told` says that it was. */
void report_left_out(const char *what, const char *library, bool *told);

/* A limit of getrlimit by its Linux number, so that others can honour it (RLIMIT_NOFILE, ...). */
#define RLIMIT_STACK 3
#define RLIMIT_NOFILE 7
#define RLIMIT_AS 9
#define RLIMIT_COUNT 16
uint64_t limit_get(int resource);

/* Maps the vDSO; its address for AT_SYSINFO_EHDR, or 0. NULL where there is none. */
extern uaddr_t (*process_map_vdso)(void);

/* clone where it forks, with the child's memory and stack those of its parent: seals the machine if
 * it is armed, with the return value of the call in the machine that goes on. NULL: there is no
 * sealing. */
extern int64_t (*process_fork)(uint64_t flags, uaddr_t child_tid);

/* Makes this the first thread of the application. */
struct thread;
void process_begin(struct thread *thread);
