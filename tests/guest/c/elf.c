/* How the program was loaded: the auxiliary vector, thread-local data, constructors, relocations.
 */
#define _GNU_SOURCE
#include "guest.h"

#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>

static int order[3], placed;
static __thread int tls_data = 41;
static __thread char tls_bss[5000];
static __thread int tls_aligned __attribute__((aligned(128))) = 7;
static const char *const relocated[] = {"one", "two", "three"};

__attribute__((constructor(200))) static void second(void) {
    order[placed++] = 200;
}

__attribute__((constructor(101))) static void first(void) {
    order[placed++] = 101;
}

__attribute__((destructor)) static void last(void) {
    printf("destructor\n");
}

static void at_exit(void) {
    printf("atexit\n");
}

static void test_start(int argc, char **argv, char **envp) {
    SHOW("%d %d %d", placed, order[0], order[1]);
    SHOW("%d", argc);
    for (int i = 1; i < argc; i++)
        SHOW("[%s]", argv[i]);
    SHOW("%d", argv[argc] == NULL);
    SHOW("%d", envp == argv + argc + 1);
    SHOW("%s", getenv("PYTHONUTF8"));
    SHOW("%d", getenv("ABSENT") == NULL);
    SHOW("%d", (uintptr_t)__builtin_frame_address(0) % 16 == 0);
}

static void test_auxv(char **argv) {
    const unsigned char *random = (const unsigned char *)getauxval(AT_RANDOM);
    int different = 0;

    SHOW("%lu", getauxval(AT_PAGESZ));
    SHOW("%lu", getauxval(AT_PHENT));
    SHOW("%d", getauxval(AT_PHNUM) > 2);
    SHOW("%d", strcmp((const char *)getauxval(AT_EXECFN), argv[0]));
    SHOW("%s", (const char *)getauxval(AT_PLATFORM));
    SHOW("%lu %lu", getauxval(AT_SECURE), getauxval(AT_CLKTCK));
    SHOW("%lu %lu", getauxval(AT_UID), getauxval(AT_EGID));
    SHOW("%d", getauxval(AT_SYSINFO_EHDR) != 0);
    SHOW("%d", memcmp((const char *)getauxval(AT_SYSINFO_EHDR), ELFMAG, SELFMAG));
    SHOW("%d", getauxval(AT_ENTRY) != 0);
    for (int i = 1; i < 16; i++)
        different |= random[i] ^ random[0];
    SHOW("%d", different != 0);
    const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    int loads = 0;
    for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++)
        loads += headers[i].p_type == PT_LOAD;
    SHOW("%d", loads >= 2);
}

static void test_thread_local(void) {
    int sum = 0;

    for (size_t i = 0; i < sizeof(tls_bss); i++)
        sum += tls_bss[i];
    SHOW("%d %d %d", tls_data, tls_aligned, sum);
    SHOW("%d", (uintptr_t)&tls_aligned % 128 == 0);
    tls_data = 1;
    tls_bss[4999] = 2;
    SHOW("%d %d", tls_data, tls_bss[4999]);
}

static void test_relocations(void) {
    for (int i = 0; i < 3; i++)
        SHOW("%s", relocated[i]);
    double values[] = {1.5, 2.25};
    SHOW("%.3f %s", values[0] * values[1], strchr("a/b", '/'));
}

int main(int argc, char **argv, char **envp) {
    atexit(at_exit);
    test_start(argc, argv, envp);
    test_auxv(argv);
    RUN(test_thread_local);
    RUN(test_relocations);
    return argc;
}
