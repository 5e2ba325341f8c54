/* A fork by hand: every register is the child's, too, but for the result. */
#include "seal.h"

#include <sys/syscall.h>

#define CLONE_BY_HAND 17 /* SIGCHLD alone */

static struct {
    uint64_t general[12];
    unsigned char vectors[16][32];
    uint32_t mxcsr;
    uint16_t control;
    double x87;
} before, after;

/* rbx, rbp, r12 to r15 and the arguments; the vector registers as far as there are. */
static long clone_with_vectors(int avx) {
    long result;
    uint32_t mxcsr = 0x9fc0; /* flush to zero, denormals are zero, masks */
    uint16_t control = 0x0c7f;

    __asm__ volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(mxcsr), "m"(control));
    __asm__ volatile("fldpi\n\tfldl2e" : : : "st", "st(1)");
#define LOAD(n) "vmovdqu " #n "*32(%[from]), %%ymm" #n "\n\t"
#define LOAD_SSE(n) "movdqu " #n "*32(%[from]), %%xmm" #n "\n\t"
#define STORE(n) "vmovdqu %%ymm" #n ", " #n "*32(%[to])\n\t"
#define STORE_SSE(n) "movdqu %%xmm" #n ", " #n "*32(%[to])\n\t"
#define ALL(do)                                                                                    \
    do                                                                                             \
    (0) do(1) do(2) do(3) do(4) do(5) do(6) do(7) do(8) do(9) do(10) do(11) do(12) do(13) do(      \
        14) do(15)
#define CLONE                                                                                      \
    "movl $0x1234567, %%ebx\n\tmovq %%rbx, %%r12\n\tnotq %%r12\n\t"                                \
    "movl $56, %%eax\n\tsyscall\n\t"                                                               \
    "movq %%rbx, (%[general])\n\tmovq %%r12, 8(%[general])\n\t"                                    \
    "movq %%rdi, 16(%[general])\n\tmovq %%rsi, 24(%[general])\n\t"
    if (avx)
        __asm__ volatile(
            ALL(LOAD) CLONE ALL(STORE)
            : "=a"(result)
            : [from] "r"(before.vectors), [to] "r"(after.vectors), [general] "r"(after.general),
              "D"((uint64_t)CLONE_BY_HAND), "S"(0UL), "d"(0UL)
            : "rbx", "rcx", "r10", "r11", "r12", "memory");
    else
        __asm__ volatile(
            ALL(LOAD_SSE) CLONE ALL(STORE_SSE)
            : "=a"(result)
            : [from] "r"(before.vectors), [to] "r"(after.vectors), [general] "r"(after.general),
              "D"((uint64_t)CLONE_BY_HAND), "S"(0UL), "d"(0UL)
            : "rbx", "rcx", "r10", "r11", "r12", "memory");
    __asm__ volatile("stmxcsr %0\n\tfnstcw %1\n\tfmulp\n\tfstpl %2"
                     : "=m"(after.mxcsr), "=m"(after.control), "=m"(after.x87));
    return result;
}

int main(void) {
    int avx = __builtin_cpu_supports("avx");
    size_t width = avx ? 32 : 16;

    for (size_t i = 0; i < sizeof(before.vectors); i++)
        before.vectors[i / 32][i % 32] = (unsigned char)(i * 7 + 3);
    arm();
    only_child(clone_with_vectors(avx));
    int alike = 0;
    for (int i = 0; i < 16; i++)
        alike += memcmp(before.vectors[i], after.vectors[i], width) == 0;
    SHOW("%d", alike);
    SHOW("%x %x %.12f", after.mxcsr, after.control, after.x87);
    SHOW("%lx %lx %lx %lx", (long)after.general[0], (long)after.general[1], (long)after.general[2],
         (long)after.general[3]);
    return 0;
}
