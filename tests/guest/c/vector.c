/* What a thread keeps while others run: SSE and AVX registers, x87 state, the control words, and
 * the red zone below its stack pointer, which interrupts must not touch. */
#define _GNU_SOURCE
#include "guest.h"

#include <fenv.h>
#include <immintrin.h>
#include <pthread.h>
#include <time.h>

#define THREADS 4

static volatile int stop;
static long faults[THREADS];

static int64_t now(void) {
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

__attribute__((target("avx2"), noinline)) static long hold_avx(int64_t value) {
    __m256i expected = _mm256_set1_epi64x(value), held = expected;
    long wrong = 0;

    for (int i = 0; i < 20000; i++) {
        __asm__ volatile("" : "+x"(held));
        wrong += !_mm256_testc_si256(held, expected) || !_mm256_testc_si256(expected, held);
    }
    return wrong;
}

__attribute__((noinline)) static long hold_sse(int64_t value) {
    __m128i held = _mm_set1_epi64x(value);
    long wrong = 0;

    for (int i = 0; i < 20000; i++) {
        __asm__ volatile("" : "+x"(held));
        wrong += _mm_cvtsi128_si64(held) != value;
    }
    return wrong;
}

__attribute__((noinline)) static long hold_x87(int64_t value) {
    long wrong = 0;

    for (int i = 0; i < 5000; i++) {
        int64_t out;

        __asm__ volatile("fildll %1\n nop\n nop\n nop\n fistpll %0" : "=m"(out) : "m"(value));
        wrong += out != value;
    }
    return wrong;
}

/* A leaf that keeps eight words below the stack pointer without moving it. */
__attribute__((naked, noinline)) static long hold_red_zone(__attribute__((unused)) int64_t value) {
    __asm__("mov $20000, %ecx\n"
            "xor %eax, %eax\n"
            "1: mov %rdi, -8(%rsp)\n"
            "mov %rdi, -16(%rsp)\n"
            "mov %rdi, -64(%rsp)\n"
            "mov %rdi, -128(%rsp)\n"
            "pause\n"
            "cmp %rdi, -8(%rsp)\n jne 2f\n"
            "cmp %rdi, -16(%rsp)\n jne 2f\n"
            "cmp %rdi, -64(%rsp)\n jne 2f\n"
            "cmp %rdi, -128(%rsp)\n jne 2f\n"
            "jmp 3f\n"
            "2: inc %rax\n"
            "3: dec %ecx\n"
            "jnz 1b\n"
            "ret");
}

static void *hold(void *argument) {
    static const int modes[THREADS] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
    long which = (long)argument;
    int64_t value = 0x0101010101010101 * (which + 1);
    int64_t end = now() + 250000000;

    fesetround(modes[which]);
    while (now() < end) {
        if (__builtin_cpu_supports("avx2"))
            faults[which] += hold_avx(value);
        faults[which] += hold_sse(value) + hold_x87(value) + hold_red_zone(value);
        faults[which] += fegetround() != modes[which];
    }
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];

    for (long i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, hold, (void *)i);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++)
        SHOW("%ld", faults[i]);
    return 0;
}
