/* Flags that a program may set for itself, and that nothing in a system call may trip over. */
#include "guest.h"

#include <time.h>

#define FLAG_NESTED_TASK 0x4000ul
#define FLAG_DIRECTION 0x400ul

static unsigned long get(void) {
    unsigned long flags;
    __asm__ volatile("pushfq; popq %0" : "=r"(flags));
    return flags;
}

/* Sleeps, so that the thread comes back by the long way. */
static long sleep_with(unsigned long flag) {
    struct timespec time = {0, 20000000};
    long result = 35; /* nanosleep */
    __asm__ volatile("lea -128(%%rsp), %%rsp\n pushfq\n orq %3, (%%rsp)\n popfq\n syscall\n"
                     "pushfq\n andq $~0x4400, (%%rsp)\n popfq\n lea 128(%%rsp), %%rsp"
                     : "+a"(result)
                     : "D"(&time), "S"(0ul), "r"(flag)
                     : "rcx", "r11", "memory", "cc");
    return result;
}

static void flags_do_not_trip_a_call(void) {
    SHOW("%ld", sleep_with(FLAG_NESTED_TASK));
    SHOW("%ld", sleep_with(FLAG_DIRECTION));
    SHOW("%lu", get() & (FLAG_NESTED_TASK | FLAG_DIRECTION));
}

int main(void) {
    RUN(flags_do_not_trip_a_call);
    return 0;
}
