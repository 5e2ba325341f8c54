/* Ends: each argument-less program of tests/guest ends in one way; this one in the way that its
 * name says. */
#define _GNU_SOURCE
#include "guest.h"

#include <sys/mman.h>
#include <sys/wait.h>

static void overflow(volatile char *below) {
    volatile char room[4096];

    room[0] = below[0];
    overflow(room);
    room[1] = 0;
}

int main(int argc, char **argv) {
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const char *how = strrchr(argv[argc - 1], '-');

    setvbuf(stdout, NULL, _IONBF, 0);
    how = how ? how + 1 : "";
    if (strcmp(how, "null") == 0)
        *(volatile int *)8 = 1;
    if (strcmp(how, "call") == 0)
        ((void (*)(void))NULL)();
    if (strcmp(how, "text") == 0)
        *(volatile char *)(uintptr_t)main = 1;
    if (strcmp(how, "rodata") == 0)
        *(volatile char *)(uintptr_t)"constant" = 1;
    if (strcmp(how, "data") == 0)
        ((void (*)(void))memset(page, 0xc3, 4096))();
    if (strcmp(how, "stack") == 0)
        overflow(page);
    if (strcmp(how, "wx") == 0)
        SHOW("%d", mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
    if (strcmp(how, "memory") == 0)
        for (size_t i = 0; i < 1024; i++)
            memset(mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                   1, 1 << 20);
    if (strcmp(how, "fork") == 0) {
        SHOW("%d", fork());
        SHOW_ERRNO();
        SHOW("%d", fork());
        SHOW("%d", system("true"));
        SHOW_ERRNO();
        execl("/bin/true", "true", NULL);
        SHOW_ERRNO();
    }
    return 42;
}
