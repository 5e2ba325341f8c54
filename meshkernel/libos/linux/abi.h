/* Structures of the Linux system-call ABI (x86-64) that more than one family of calls uses. They
 * are laid out as the application's C library has them: never change a field, only add structures.
 */
#pragma once

#include "core/types.h"

struct linux_timespec {
    int64_t seconds;
    int64_t nanoseconds;
};

struct linux_timeval {
    int64_t seconds;
    int64_t microseconds;
};

struct linux_itimerval {
    struct linux_timeval interval;
    struct linux_timeval value;
};

struct linux_stat {
    uint64_t dev;
    uint64_t ino;
    uint64_t nlink;
    uint32_t mode;
    uint32_t uid;
    uint32_t gid;
    uint32_t pad0;
    uint64_t rdev;
    int64_t size;
    int64_t blksize;
    int64_t blocks; /* of 512 bytes */
    struct linux_timespec atime;
    struct linux_timespec mtime;
    struct linux_timespec ctime;
    int64_t unused[3];
};
_Static_assert(sizeof(struct linux_stat) == 144, "struct stat of x86-64");

struct linux_rlimit {
    uint64_t soft;
    uint64_t hard;
};
#define LINUX_RLIM_INFINITY UINT64_MAX

struct linux_rusage {
    struct linux_timeval user;
    struct linux_timeval system;
    int64_t max_resident_kib;
    int64_t unused_sizes[3];
    int64_t minor_faults;
    int64_t major_faults;
    int64_t unused[8];
};
_Static_assert(sizeof(struct linux_rusage) == 144, "struct rusage of x86-64");

/* What rt_sigaction reads and writes. */
struct linux_sigaction {
    uaddr_t handler;
    uint64_t flags;
    uaddr_t restorer;
    uint64_t mask;
};

struct linux_stack {
    uaddr_t base;
    int32_t flags;
    uint32_t pad;
    uint64_t size;
};

/* The fields that we fill; the union of the ABI is told apart by the signal and its code. */
struct linux_siginfo {
    int32_t signal;
    int32_t error;
    int32_t code;
    int32_t pad;
    union {
        struct {
            int32_t pid;
            uint32_t uid;
            uint64_t value; /* rt_sigqueueinfo */
        };
        uaddr_t address; /* SIGSEGV, SIGBUS, SIGFPE, SIGILL */
        uint8_t bytes[112];
    };
};
_Static_assert(sizeof(struct linux_siginfo) == 128, "siginfo_t of x86-64");

struct linux_utsname {
    char system[65];
    char node[65];
    char release[65];
    char version[65];
    char machine[65];
    char domain[65];
};

struct linux_sysinfo {
    int64_t uptime;
    uint64_t loads[3];
    uint64_t total_ram, free_ram, shared_ram, buffer_ram;
    uint64_t total_swap, free_swap;
    uint16_t processes;
    uint16_t pad;
    uint32_t pad2;
    uint64_t total_high, free_high;
    uint32_t unit;
    uint32_t pad3;
};
_Static_assert(sizeof(struct linux_sysinfo) == 112, "struct sysinfo of x86-64");
