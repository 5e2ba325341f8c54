/* What must differ from boot to boot: where things lie, and what is random. */
#define _GNU_SOURCE
#include "guest.h"

#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>

int main(void) {
    uint64_t number;

    printf("program %p\n", (void *)(uintptr_t)main);
    printf("stack %p\n", (void *)&number);
    printf("library %p\n", (void *)(uintptr_t)printf);
    printf("map %p\n", mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    memcpy(&number, (void *)getauxval(AT_RANDOM), sizeof(number));
    printf("auxiliary vector %lx\n", number);
    if (getrandom(&number, sizeof(number), 0) != sizeof(number))
        return 1;
    printf("call %lx\n", number);
    return 0;
}
