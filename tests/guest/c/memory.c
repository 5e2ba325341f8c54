/* Memory: what a program sees of mmap and its relatives. */
#define _GNU_SOURCE
#include "guest.h"

#include <sys/mman.h>
#include <sys/syscall.h>

static char data[] = "initialised";
static char bss[100000];

static void *map(size_t size, int prot, int flags) {
    return mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

static void test_program_is_loaded(void) {
    size_t sum = 0;

    SHOW("%s", data);
    for (size_t i = 0; i < sizeof(bss); i++)
        sum += bss[i];
    SHOW("%zu", sum);
    bss[sizeof(bss) - 1] = 1;
    data[0] = 'I';
    SHOW("%s", data);
}

static void test_anonymous(void) {
    char *p = map(1 << 20, PROT_READ | PROT_WRITE, 0);

    SHOW("%d", p != MAP_FAILED);
    SHOW("%d", p[12345]);
    memset(p, 7, 1 << 20);
    SHOW("%d", p[(1 << 20) - 1]);
    SHOW("%d", madvise(p, 8192, MADV_DONTNEED));
    SHOW("%d %d", p[0], p[8192]);
    SHOW("%d", munmap(p + 4096, 4096));
    SHOW("%d", mprotect(p, 8192, PROT_READ)); /* a hole */
    SHOW_ERRNO();
    SHOW("%d", munmap(p, 1 << 20));
}

static void test_fixed(void) {
    char *p = map(16384, PROT_READ | PROT_WRITE, 0);

    p[4096] = 5;
    SHOW("%d", mmap(p + 4096, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
                    -1, 0) == MAP_FAILED);
    SHOW_ERRNO();
    SHOW("%d", mmap(p + 4096, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
                   p + 4096);
    SHOW("%d", p[4096]);
}

static void test_remap(void) {
    char *p = map(8192, PROT_READ | PROT_WRITE, 0);

    p[0] = 1;
    p[8191] = 2;
    char *q = mremap(p, 8192, 300 << 12, MREMAP_MAYMOVE);
    SHOW("%d %d %d", q[0], q[8191], q[(300 << 12) - 1]);
    SHOW("%d", mremap(q, 300 << 12, 4096, 0) == q);
    SHOW("%d", mremap(q, 4096, 0, 0) == MAP_FAILED);
    SHOW_ERRNO();
}

static void test_break(void) {
    char *start = sbrk(0), *old = sbrk(100000);

    SHOW("%d", start == old);
    SHOW("%d", old[99999]);
    old[99999] = 1;
    SHOW("%d", sbrk(-100000) == start + 100000);
}

static void test_files(void) {
    int fd = open("/etc/passwd", O_RDONLY);
    char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

    SHOW("%.5s", p);
    p[0] = 'R';
    SHOW("%.5s", p);
    SHOW("%d", mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
    SHOW_ERRNO();
    char *again = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
    SHOW("%.5s", again);
    SHOW("%d", mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 99, 0) == MAP_FAILED);
    SHOW_ERRNO();
    close(fd);
}

static void test_shared_file(void) {
    int fd = open("/tmp/shared-map", O_RDWR | O_CREAT | O_TRUNC, 0600);
    char text[6] = "";

    SHOW("%d", ftruncate(fd, 8192));
    char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    strcpy(p + 5000, "hello");
    SHOW("%d", msync(p, 8192, MS_SYNC));
    SHOW("%zd", pread(fd, text, 5, 5000));
    SHOW("%s", text);
    SHOW("%zd", pwrite(fd, "J", 1, 5000));
    SHOW("%s", p + 5000);
    close(fd);
    SHOW("%s", p + 5000);
    SHOW("%d", munmap(p, 8192));
    SHOW("%d", unlink("/tmp/shared-map"));
}

static void test_residency(void) {
    unsigned char vector[3] = {9, 9, 9};
    char *p = map(3 * 4096, PROT_READ | PROT_WRITE, 0);

    p[4096] = 1;
    SHOW("%d", mincore(p, 3 * 4096, vector));
    SHOW("%d %d %d", vector[0] & 1, vector[1] & 1, vector[2] & 1);
    SHOW("%d", mlock(p, 3 * 4096));
    SHOW("%d", mincore(p, 3 * 4096, vector));
    SHOW("%d %d %d", vector[0] & 1, vector[1] & 1, vector[2] & 1);
    SHOW("%d", munlock(p, 3 * 4096));
}

static void test_bad_pointers(void) {
    SHOW("%ld", syscall(SYS_write, 1, (void *)8, 5));
    SHOW_ERRNO();
    SHOW("%ld", syscall(SYS_uname, (void *)-4096L));
    SHOW_ERRNO();
    SHOW("%d", open((char *)1, O_RDONLY));
    SHOW_ERRNO();
}

int main(void) {
    RUN(test_program_is_loaded);
    RUN(test_anonymous);
    RUN(test_fixed);
    RUN(test_remap);
    RUN(test_break);
    RUN(test_files);
    RUN(test_shared_file);
    RUN(test_residency);
    RUN(test_bad_pointers);
    return 3;
}
