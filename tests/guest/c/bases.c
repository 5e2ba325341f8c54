/* FS and GS bases, one for each thread. */
#include "guest.h"

#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

#define ARCH_SET_GS 0x1001
#define ARCH_GET_FS 0x1003
#define ARCH_GET_GS 0x1004

static unsigned long words[3][2] = {{10, 11}, {20, 21}, {30, 31}};

static unsigned long second_word(void) {
    unsigned long value;
    __asm__ volatile("movq %%gs:8, %0" : "=r"(value));
    return value;
}

static void *turns(void *argument) {
    unsigned long *own = argument;
    long wrong = 0;

    syscall(SYS_arch_prctl, ARCH_SET_GS, own);
    for (int i = 0; i < 200; i++) {
        wrong += second_word() != own[1];
        sched_yield();
    }
    return (void *)wrong;
}

static void each_thread_has_its_own(void) {
    pthread_t threads[2];
    void *wrong;

    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, turns, words[i]);
    SHOW("%ld", (long)turns(words[2]));
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], &wrong);
        SHOW("%ld", (long)wrong);
    }
}

static void they_can_be_asked_for(void) {
    unsigned long base = 0, self;

    SHOW("%ld", syscall(SYS_arch_prctl, ARCH_GET_GS, &base));
    SHOW("%d", base == (unsigned long)words[2]);
    SHOW("%ld", syscall(SYS_arch_prctl, ARCH_GET_FS, &base));
    __asm__("movq %%fs:0, %0" : "=r"(self));
    SHOW("%d", base == self);
    SHOW("%ld", syscall(SYS_arch_prctl, ARCH_SET_GS, ~0ul));
    SHOW_ERRNO();
    SHOW("%ld", syscall(SYS_arch_prctl, 0x1234, 0ul));
    SHOW_ERRNO();
}

int main(void) {
    RUN(each_thread_has_its_own);
    RUN(they_can_be_asked_for);
    return 0;
}
