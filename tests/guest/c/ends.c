/* Ends: this program ends in the way that its last argument names; behind a seal if the first is
 * `sealed`. */
#define _GNU_SOURCE
#include "seal.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define PAGE 4096
#define RETURN 0xc3
/* The memory of the library OS starts with the high half; its code lies 2 GiB below the top. */
#define HIGH_HALF UINT64_C(0xffff800000000000)
#define HIGH_TEXT UINT64_C(0xffffffff80000000)

static char data[PAGE] = {1};

#pragma GCC diagnostic ignored "-Winfinite-recursion"
static void overflow(volatile char *below) {
    volatile char room[PAGE];

    room[0] = below[0];
    overflow(room);
    room[1] = 0;
}

static void *overflow_thread(void *argument) {
    overflow(argument);
    return NULL;
}

static void run(void *code) {
    ((void (*)(void))memset(code, RETURN, 16))();
}

static char *new_page(void) {
    return mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void write_null(void) {
    *(volatile int *)8 = 1;
}

static void read_null(void) {
    printf("%d\n", *(volatile int *)8);
}

static void call_null(void) {
    ((void (*)(void))NULL)();
}

static void write_text(void) {
    *(volatile char *)(uintptr_t)write_text = 1;
}

static void write_rodata(void) {
    *(volatile char *)(uintptr_t)"constant" = 1;
}

static void execute_data(void) {
    run(data);
}

static void execute_heap(void) {
    run(malloc(PAGE));
}

static void execute_map(void) {
    run(new_page());
}

static void execute_stack(void) {
    char room[PAGE];

    run(room);
}

static void overflow_main(void) {
    overflow(data);
}

static void overflow_in_thread(void) {
    pthread_t thread;

    pthread_create(&thread, NULL, overflow_thread, data);
    pthread_join(thread, NULL);
}

static void write_high(void) {
    *(volatile char *)HIGH_TEXT = 1;
}

static void read_unmapped(void) {
    printf("%d\n", *(volatile char *)0x123456789000);
}

static void smash_stack(void) {
    char room[16];

    memset(room, 'A', (size_t)(*data) * 200);
    __asm__ volatile("" : : "r"(room) : "memory");
}

static void divide(void) {
    volatile int zero = 0, number = 7;

    printf("%d\n", number / zero);
}

static void trap(void) {
    __builtin_trap();
}

static void use_memory(void) {
    for (;;)
        memset(mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1,
               1 << 20);
}

/* The library OS is asked to write to itself, and to read what it has there. */
static void pass_high_addresses(void) {
    SHOW("%ld", syscall(SYS_uname, HIGH_TEXT));
    SHOW_ERRNO();
    SHOW("%ld", syscall(SYS_getrandom, HIGH_HALF + (1 << 20), 4096, 0));
    SHOW_ERRNO();
    SHOW("%ld", syscall(SYS_write, 1, HIGH_TEXT, 16));
    SHOW_ERRNO();
    SHOW("%ld", syscall(SYS_write, 1, -1L, 16));
    SHOW_ERRNO();
    SHOW("%d", mmap((void *)HIGH_HALF, PAGE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED);
    SHOW("%d", munmap((void *)HIGH_TEXT, PAGE));
    SHOW_ERRNO();
    SHOW("%d", mprotect((void *)HIGH_TEXT, PAGE, PROT_READ | PROT_WRITE) < 0);
    exit(0);
}

static void make_processes(void) {
    SHOW("%d", fork());
    SHOW_ERRNO();
    SHOW("%d", fork());
    SHOW("%d", system("true"));
    SHOW_ERRNO();
    execl("/bin/true", "true", NULL);
    SHOW_ERRNO();
    SHOW("%d", waitpid(-1, NULL, 0));
    SHOW_ERRNO();
    exit(0);
}

static void call_unknown(void) {
    for (int i = 0; i < 3; i++) {
        SHOW("%ld", syscall(499));
        SHOW_ERRNO();
    }
    SHOW("%ld", syscall(99999));
    SHOW_ERRNO();
    SHOW("%ld", syscall(-1));
    SHOW_ERRNO();
    exit(0);
}

static void write_and_execute(void) {
    char *page = new_page();

    SHOW("%d", mprotect(page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
    SHOW_ERRNO();
    SHOW("%d", mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                    0) == MAP_FAILED);
    page[0] = (char)RETURN;
    SHOW("%d", mprotect(page, PAGE, PROT_READ | PROT_EXEC));
    ((void (*)(void))page)();
    exit(0);
}

static void write_image(void) {
    SHOW("%d", open("/etc/passwd", O_WRONLY));
    SHOW_ERRNO();
    SHOW("%d", unlink("/etc/passwd"));
    SHOW_ERRNO();
    SHOW("%d", rename("/etc/passwd", "/etc/other"));
    SHOW_ERRNO();
    SHOW("%d", mkdir("/new", 0755));
    SHOW_ERRNO();
    SHOW("%d", open("/etc/new", O_WRONLY | O_CREAT, 0600));
    SHOW_ERRNO();
    SHOW("%d", rename("/etc/passwd", "/tmp/passwd"));
    SHOW_ERRNO();
    exit(0);
}

#define WAY(name) {#name, name}

static const struct {
    const char *name;
    void (*end)(void);
} ways[] = {
    WAY(write_null),
    WAY(read_null),
    WAY(call_null),
    WAY(write_text),
    WAY(write_rodata),
    WAY(execute_data),
    WAY(execute_heap),
    WAY(execute_map),
    WAY(execute_stack),
    WAY(overflow_main),
    WAY(overflow_in_thread),
    WAY(write_high),
    WAY(read_unmapped),
    WAY(smash_stack),
    WAY(divide),
    WAY(trap),
    WAY(abort),
    WAY(use_memory),
    WAY(pass_high_addresses),
    WAY(make_processes),
    WAY(call_unknown),
    WAY(write_and_execute),
    WAY(write_image),
};

int main(int argc, char **argv) {
    if (argc > 2 && strcmp(argv[1], "sealed") == 0) {
        arm();
        only_child(fork());
    }
    const char *how = argv[argc - 1];

    setvbuf(stdout, NULL, _IONBF, 0);
    printf("%s\n", how);
    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
        if (strcmp(how, ways[i].name) == 0)
            ways[i].end();
    return atoi(how);
}
