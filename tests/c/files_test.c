/* Files by path: the image, what covers it, memory, devices, /proc. The image is made by
 * test_files.py. */
#include "calls.h"
#include "check.h"
#include "core/boot.h"
#include "core/pages.h"
#include "core/start.h"
#include "fs/console.h"
#include "fs/devfs.h"
#include "fs/file.h"
#include "fs/fs.h"
#include "fs/inode.h"
#include "fs/path.h"
#include "linux/abi.h"
#include "linux/errno.h"
#include "shims.h"

/* Filled from the file that the first argument names. */
__asm__(".bss\n.balign 4096\n.globl image_start, image_end\n"
        "image_start: .skip 0x100000\nimage_end:\n.text\n");
extern char image_start[], image_end[];

static void load_image(const char *path) {
    FILE *file = fopen(path, "rb");

    CHECK(file != NULL);
    CHECK(fread(image_start, 1, (size_t)(image_end - image_start), file) > 0);
    fclose(file);
}

static int64_t open_at(const char *path, int flags) {
    return sys_open(U(path), flags, 0644);
}

static int must_open(const char *path, int flags) {
    int64_t fd = open_at(path, flags);

    if (fd < 0)
        fprintf(stderr, "%s: %lld\n", path, (long long)fd);
    CHECK(fd >= 0);
    return (int)fd;
}

static const char *read_all(const char *path) {
    static char text[8192];
    int fd = must_open(path, O_RDONLY);
    int64_t size = sys_read(fd, U(text), sizeof(text) - 1);

    CHECK(size >= 0);
    text[size] = 0;
    CHECK_EQUAL(sys_close(fd), 0);
    return text;
}

static void write_file(const char *path, const char *text) {
    int fd = must_open(path, O_WRONLY | O_CREAT | O_TRUNC);

    CHECK_EQUAL(sys_write(fd, U(text), strlen(text)), strlen(text));
    CHECK_EQUAL(sys_close(fd), 0);
}

static struct linux_stat stat_of(const char *path) {
    struct linux_stat stat;

    CHECK_EQUAL(sys_stat(U(path), U(&stat)), 0);
    return stat;
}

/* The names of a directory, each followed by a space, in buffers of so many bytes. */
static const char *list(const char *path, unsigned size) {
    static char names[8192];
    char entries[512];
    int fd = must_open(path, O_RDONLY | O_DIRECTORY);
    int64_t got;

    names[0] = 0;
    while ((got = sys_getdents64(fd, U(entries), size)) > 0) {
        for (char *entry = entries; entry < entries + got;) {
            uint16_t length;

            memcpy(&length, entry + 16, sizeof(length));
            strcat(strcat(names, entry + 19), " ");
            entry += length;
        }
    }
    CHECK_EQUAL(got, 0);
    sys_close(fd);
    return names;
}

static void test_image_lookup(void) {
    char path[64];

    for (int i = 0; i < 200; i++) {
        snprintf(path, sizeof(path), "/many/file%03d", i);
        struct linux_stat stat = stat_of(path);
        CHECK_EQUAL(stat.size, i);
        CHECK_EQUAL(stat.mode, S_IFREG | 0644);
        CHECK_EQUAL(stat.mtime.seconds, 315532800);
    }
    CHECK_EQUAL(sys_stat(U("/many/file200"), U(path)), -ENOENT);
    CHECK_EQUAL(sys_stat(U("/many/file00"), U(path)), -ENOENT);
    CHECK_EQUAL(sys_stat(U("/many/file0000"), U(path)), -ENOENT);
    CHECK_EQUAL(sys_stat(U("/many/file000/x"), U(path)), -ENOTDIR);
    CHECK_EQUAL(sys_stat(U("/many/file000/"), U(path)), -ENOTDIR);
    CHECK_EQUAL(sys_stat(U(""), U(path)), -ENOENT);
    CHECK_EQUAL(sys_stat(16, U(path)), -EFAULT);
    CHECK_EQUAL(stat_of("/many/../usr/./lib//python").size, 4096);
    CHECK_EQUAL(stat_of("/..").ino, stat_of("/").ino);
}

static void test_stat_of_image_allocates_nothing(void) {
    struct linux_stat stat;

    shim_allocations_before_failure = 0;
    CHECK_EQUAL(sys_stat(U("/usr/lib/python/module.py"), U(&stat)), 0);
    CHECK_EQUAL(sys_stat(U("/usr/lib/python/none.py"), U(&stat)), -ENOENT);
    shim_allocations_before_failure = SIZE_MAX;
}

static void test_image_is_read_only(void) {
    CHECK_EQUAL(open_at("/usr/lib/python/module.py", O_RDWR), -EROFS);
    CHECK_EQUAL(open_at("/usr/new", O_WRONLY | O_CREAT), -EROFS);
    CHECK_EQUAL(sys_mkdir(U("/usr/new"), 0755), -EROFS);
    CHECK_EQUAL(sys_mkdir(U("/usr"), 0755), -EEXIST);
    CHECK_EQUAL(sys_unlink(U("/usr/lib/python/module.py")), -EROFS);
    CHECK_EQUAL(sys_rename(U("/usr/lib"), U("/usr/lob")), -EROFS);
    CHECK_EQUAL(sys_access(U("/usr/lib"), 2), -EROFS);
    CHECK_EQUAL(sys_access(U("/usr/lib"), 4), 0);
    CHECK_EQUAL(sys_access(U("/usr/lib/python/module.py"), 1), -EACCES);
    CHECK_EQUAL(open_at("/usr", O_RDWR), -EISDIR);
    CHECK_EQUAL(open_at("/usr/lib/python/module.py", O_DIRECTORY), -ENOTDIR);
}

static void test_image_pages(void) {
    size_t before = shim_pages_in_use();
    int error;
    struct file *big = file_open("/usr/lib/big", O_RDONLY, &error);
    char *page = big->ops->page(big, 1);

    CHECK(page[0] == 'b' && page[PAGE_SIZE - 1] == 'b');
    CHECK_EQUAL(shim_pages_in_use(), before); /* the image's own */
    page = big->ops->page(big, 2);
    CHECK(page[99] == 'b' && page[100] == 0 && page[PAGE_SIZE - 1] == 0);
    CHECK(big->ops->page(big, 3) == NULL);
    file_put(big);
    struct file *small = file_open("/usr/lib/python/module.py", O_RDONLY, &error);
    page = small->ops->page(small, 0);
    CHECK(memcmp(page, "print()", 7) == 0 && page[7] == 0);
    CHECK_EQUAL(shim_pages_in_use(), before + 1);
    page_put(page);
    CHECK(small->ops->page(small, 1) == NULL);
    file_put(small);
}

static void test_links(void) {
    char text[64];

    CHECK_EQUAL(stat_of("/lib/python/module.py").size, 7);             /* /lib -> usr/lib */
    CHECK_EQUAL(stat_of("/absolute/module.py").size, 7);               /* -> /lib/python */
    CHECK_EQUAL(stat_of("/usr/lib/up/big").size, 2 * PAGE_SIZE + 100); /* -> ../lib */
    CHECK_EQUAL(sys_stat(U("/loop"), U(text)), -ELOOP);
    CHECK_EQUAL(sys_stat(U("/dangling"), U(text)), -ENOENT);
    struct linux_stat stat;
    CHECK_EQUAL(sys_lstat(U("/loop"), U(&stat)), 0);
    CHECK_EQUAL(stat.mode & S_IFMT, S_IFLNK);
    CHECK_EQUAL(sys_readlink(U("/lib"), U(text), 3), 3);
    CHECK_EQUAL(sys_readlink(U("/lib"), U(text), sizeof(text)), 7);
    CHECK(memcmp(text, "usr/lib", 7) == 0);
    CHECK_EQUAL(sys_readlink(U("/usr"), U(text), sizeof(text)), -EINVAL);
    CHECK_EQUAL(open_at("/lib", O_RDONLY | O_NOFOLLOW), -ELOOP);
    CHECK_EQUAL(sys_chdir(U("/lib/python")), 0);
    CHECK_EQUAL(sys_getcwd(U(text), sizeof(text)), 16);
    CHECK(strcmp(text, "/usr/lib/python") == 0);
    CHECK_EQUAL(stat_of("../big").size, 2 * PAGE_SIZE + 100);
    CHECK_EQUAL(sys_getcwd(U(text), 5), -ERANGE);
    CHECK_EQUAL(sys_chdir(U("/")), 0);
    char deep[3 * PATH_MAX];
    memset(deep, '/', sizeof(deep));
    deep[PATH_MAX] = 0;
    CHECK_EQUAL(sys_stat(U(deep), U(text)), -ENAMETOOLONG);
    memset(deep, 'x', 300);
    deep[300] = 0;
    CHECK_EQUAL(sys_stat(U(deep), U(text)), -ENAMETOOLONG);
}

static void test_overlay(void) {
    CHECK(strcmp(read_all("/etc/hosts"),
                 "127.0.0.1 localhost\n10.77.0.5 cart\n10.77.0.9 catalog\n") == 0);
    CHECK(strcmp(read_all("/etc/meshkernel/service.json"), "{\"a\": 1}") == 0);
    CHECK(strcmp(read_all("/etc/passwd"), "mine") == 0); /* the boot configuration's, not ours */
    CHECK(strcmp(read_all("/etc/below"), "image") == 0); /* the image's, beside them */
    CHECK_EQUAL(open_at("/etc/hosts", O_WRONLY), -EROFS);
    CHECK_EQUAL(sys_unlink(U("/etc/hosts")), -EROFS);
    const char *names = list("/etc", 64); /* small: many calls, each going on */
    CHECK(strstr(names, ". .. ") == names);
    CHECK(strstr(names, "hosts ") && strstr(names, "meshkernel ") && strstr(names, "below "));
    CHECK(strstr(strstr(names, "passwd ") + 1, "passwd ") == NULL); /* covered, so listed once */
    names = list("/", 512);
    CHECK(strstr(names, "tmp ") && strstr(names, "usr ") && strstr(names, "proc "));
    CHECK_EQUAL(stat_of("/etc").dev, stat_of("/").dev);
    CHECK(stat_of("/tmp").dev != stat_of("/").dev);
}

static void test_tmpfs_contents(void) {
    size_t before = shim_pages_in_use();
    char text[16];

    write_file("/tmp/a", "hello");
    CHECK(strcmp(read_all("/tmp/a"), "hello") == 0);
    int fd = must_open("/tmp/a", O_RDWR | O_APPEND);
    CHECK_EQUAL(sys_write(fd, U(" you"), 4), 4);
    CHECK_EQUAL(sys_lseek(fd, 0, 2), 9);
    CHECK_EQUAL(sys_lseek(fd, -3, 1), 6);
    CHECK_EQUAL(sys_read(fd, U(text), sizeof(text)), 3);
    CHECK_EQUAL(sys_lseek(fd, -1, 0), -EINVAL);
    CHECK_EQUAL(sys_pread64(fd, U(text), 5, 1), 5);
    CHECK(memcmp(text, "ello ", 5) == 0);
    CHECK_EQUAL(sys_read(fd, 16, 4), 0); /* at the end a bad address is not touched */
    CHECK_EQUAL(sys_pread64(fd, 16, 4, 0), -EFAULT);
    CHECK_EQUAL(sys_write(fd, 16, 4), -EFAULT);
    sys_close(fd);
    CHECK_EQUAL(sys_unlink(U("/tmp/a")), 0);
    CHECK_EQUAL(shim_pages_in_use(), before);
}

static void test_tmpfs_sparse_and_truncate(void) {
    size_t before = shim_pages_in_use();
    char text[8];
    int fd = must_open("/tmp/sparse", O_RDWR | O_CREAT);

    CHECK_EQUAL(sys_ftruncate(fd, 1 << 30), 0);
    CHECK_EQUAL(shim_pages_in_use(), before);
    CHECK_EQUAL(sys_pread64(fd, U(text), 8, (1 << 30) - 8), 8);
    CHECK(memcmp(text, "\0\0\0\0\0\0\0\0", 8) == 0);
    CHECK_EQUAL(sys_lseek(fd, 5000, 0), 5000);
    CHECK_EQUAL(sys_write(fd, U("abcdef"), 6), 6);
    CHECK_EQUAL(shim_pages_in_use(), before + 2); /* one that points to the other */
    CHECK_EQUAL(sys_lseek(fd, (int64_t)5 << 30, 0), (int64_t)5 << 30);
    CHECK_EQUAL(sys_write(fd, U("far"), 3), 3);
    CHECK_EQUAL(shim_pages_in_use(), before + 4);
    CHECK_EQUAL(sys_ftruncate(fd, 5003), 0);
    CHECK_EQUAL(sys_ftruncate(fd, 6000), 0);
    CHECK_EQUAL(sys_pread64(fd, U(text), 6, 5000), 6);
    CHECK(memcmp(text, "abc\0\0\0", 6) == 0); /* what was cut off does not come back */
    CHECK_EQUAL(sys_ftruncate(fd, 0), 0);
    CHECK_EQUAL(shim_pages_in_use(), before);
    CHECK_EQUAL(sys_ftruncate(fd, INT64_MAX), -EFBIG);
    CHECK_EQUAL(sys_unlink(U("/tmp/sparse")), 0);
    CHECK_EQUAL(sys_write(fd, U("x"), 1), 1); /* unlinked and open */
    CHECK(shim_pages_in_use() > before);
    sys_close(fd);
    CHECK_EQUAL(shim_pages_in_use(), before);
}

static void test_tmpfs_shared_page(void) {
    int error;
    write_file("/tmp/mapped", "old");
    struct file *file = file_open("/tmp/mapped", O_RDWR, &error);
    char *page = file->ops->page(file, 0);

    memcpy(page, "new", 3); /* what a shared map writes, a read sees */
    CHECK(strcmp(read_all("/tmp/mapped"), "new") == 0);
    CHECK(file->ops->page(file, 1) == NULL);
    CHECK_EQUAL(sys_unlink(U("/tmp/mapped")), 0);
    file_put(file);
    CHECK_EQUAL(page[0], 'n'); /* the map's reference keeps the page */
    page_put(page);
}

static void test_tmpfs_is_limited(void) {
    static char bytes[PAGE_SIZE];
    size_t before = shim_pages_in_use();
    int fd = must_open("/tmp/large", O_WRONLY | O_CREAT);
    int64_t written, pages = 0;

    while ((written = sys_write(fd, U(bytes), sizeof(bytes))) == (int64_t)sizeof(bytes))
        pages++;
    CHECK_EQUAL(written, -ENOSPC);
    CHECK(pages <= 2048 && pages > 2000); /* half of the shim's 4096 */
    CHECK_EQUAL(sys_unlink(U("/tmp/large")), 0);
    sys_close(fd);
    CHECK_EQUAL(shim_pages_in_use(), before);
}

static void test_tmpfs_names(void) {
    struct linux_stat stat;

    CHECK_EQUAL(sys_mkdir(U("/tmp/d"), 0777), 0);
    CHECK_EQUAL(stat_of("/tmp/d").mode, S_IFDIR | 0755); /* the mask */
    CHECK_EQUAL(sys_mkdir(U("/tmp/d"), 0777), -EEXIST);
    CHECK_EQUAL(sys_mkdir(U("/tmp/none/d"), 0777), -ENOENT);
    write_file("/tmp/d/one", "1");
    CHECK_EQUAL(sys_rmdir(U("/tmp/d")), -ENOTEMPTY);
    CHECK_EQUAL(sys_unlink(U("/tmp/d")), -EISDIR);
    CHECK_EQUAL(sys_rmdir(U("/tmp/d/one")), -ENOTDIR);
    CHECK_EQUAL(open_at("/tmp/d/one", O_WRONLY | O_CREAT | O_EXCL), -EEXIST);
    CHECK_EQUAL(sys_link(U("/tmp/d/one"), U("/tmp/d/two")), 0);
    CHECK_EQUAL(stat_of("/tmp/d/two").nlink, 2);
    CHECK_EQUAL(sys_unlink(U("/tmp/d/one")), 0);
    CHECK(strcmp(read_all("/tmp/d/two"), "1") == 0);
    CHECK_EQUAL(sys_symlink(U("two"), U("/tmp/d/link")), 0);
    CHECK(strcmp(read_all("/tmp/d/link"), "1") == 0);
    CHECK_EQUAL(sys_symlink(U("made"), U("/tmp/d/ahead")), 0);
    write_file("/tmp/d/ahead", "through"); /* creates what the link names */
    CHECK(strcmp(read_all("/tmp/d/made"), "through") == 0);
    CHECK_EQUAL(sys_rename(U("/tmp/d"), U("/tmp/d/inside")), -EINVAL);
    CHECK_EQUAL(sys_rename(U("/tmp/d"), U("/run/d")), -EXDEV);
    CHECK_EQUAL(sys_rename(U("/tmp/d/two"), U("/tmp/d/made")), 0); /* replaces */
    CHECK(strcmp(read_all("/tmp/d/made"), "1") == 0);
    CHECK_EQUAL(sys_stat(U("/tmp/d/two"), U(&stat)), -ENOENT);
    CHECK_EQUAL(sys_rename(U("/tmp/d/made"), U("/tmp/d/made")), 0);
    CHECK_EQUAL(sys_rename(U("/tmp/d"), U("/tmp/e")), 0);
    CHECK(strcmp(read_all("/tmp/e/made"), "1") == 0);
    CHECK(strcmp(list("/tmp/e", 512), ". .. link ahead made ") == 0);
    CHECK_EQUAL(sys_rmdir(U("/tmp")), -EROFS);
    CHECK_EQUAL(sys_rmdir(U("/")), -EBUSY);
    CHECK_EQUAL(sys_rmdir(U("/tmp/e/.")), -EINVAL);
    CHECK_EQUAL(sys_unlink(U("/tmp/e/link")), 0);
    CHECK_EQUAL(sys_unlink(U("/tmp/e/ahead")), 0);
    CHECK_EQUAL(sys_unlink(U("/tmp/e/made")), 0);
    CHECK_EQUAL(sys_rmdir(U("/tmp/e")), 0);
}

static void test_removing_while_listing(void) {
    char path[32], entries[100];
    int seen = 0;

    CHECK_EQUAL(sys_mkdir(U("/tmp/l"), 0755), 0);
    for (int i = 0; i < 50; i++) {
        snprintf(path, sizeof(path), "/tmp/l/%d", i);
        write_file(path, "");
    }
    int fd = must_open("/tmp/l", O_RDONLY);
    int64_t got;
    while ((got = sys_getdents64(fd, U(entries), sizeof(entries))) > 0) {
        for (char *entry = entries; entry < entries + got;) {
            uint16_t length;

            memcpy(&length, entry + 16, sizeof(length));
            if (entry[19] != '.') {
                CHECK_EQUAL(sys_unlinkat(fd, U(entry + 19), 0), 0);
                seen++;
            }
            entry += length;
        }
    }
    CHECK_EQUAL(seen, 50);
    CHECK_EQUAL(sys_rmdir(U("/tmp/l")), 0);
    CHECK_EQUAL(sys_mkdirat(fd, U("x"), 0755), -ENOENT); /* removed, still open */
    sys_close(fd);
}

static void test_files_without_name(void) {
    struct linux_stat stat;
    size_t before = shim_pages_in_use();
    int fd = must_open("/tmp", O_RDWR | 020000000 | O_DIRECTORY); /* O_TMPFILE */

    CHECK_EQUAL(sys_write(fd, U("x"), 1), 1);
    CHECK_EQUAL(sys_fstat(fd, U(&stat)), 0);
    CHECK_EQUAL(stat.nlink, 0);
    sys_close(fd);
    fd = (int)sys_memfd_create(U("m"), 1);
    CHECK(fd >= 0);
    CHECK_EQUAL(sys_write(fd, U("abc"), 3), 3);
    char path[32], text[8];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    CHECK(strcmp(read_all(path), "abc") == 0); /* opened by its descriptor: there is no path */
    CHECK_EQUAL(sys_pread64(fd, U(text), 8, 0), 3);
    sys_close(fd);
    CHECK_EQUAL(shim_pages_in_use(), before);
}

static void test_times(void) {
    struct linux_timespec times[2] = {{100, 5}, {0, 0x3ffffffe}}; /* the second is left as it is */

    write_file("/tmp/t", "");
    shim_advance(5 * NANOS_PER_SECOND);
    struct linux_stat before = stat_of("/tmp/t");
    CHECK_EQUAL(sys_utimensat(AT_FDCWD, U("/tmp/t"), U(times), 0), 0);
    struct linux_stat after = stat_of("/tmp/t");
    CHECK_EQUAL(after.atime.seconds, 100);
    CHECK_EQUAL(after.atime.nanoseconds, 5);
    CHECK_EQUAL(after.mtime.seconds, before.mtime.seconds);
    CHECK_EQUAL(after.ctime.seconds, before.ctime.seconds + 5);
    write_file("/tmp/t", "x");
    CHECK_EQUAL(stat_of("/tmp/t").mtime.seconds, before.mtime.seconds + 5);
    sys_unlink(U("/tmp/t"));
}

static void test_out_of_memory(void) {
    for (size_t allowed = 0; allowed < 8; allowed++) {
        shim_allocations_before_failure = allowed;
        int64_t fd = open_at("/tmp/m", O_RDWR | O_CREAT);
        int64_t written = fd < 0 ? 0 : sys_write((int)fd, U("x"), 1);
        shim_allocations_before_failure = SIZE_MAX;
        CHECK(fd >= 0 || fd == -ENOMEM);
        CHECK(written >= 0 || written == -ENOSPC);
        if (fd >= 0)
            sys_close((int)fd);
        sys_unlink(U("/tmp/m"));
    }
}

/* Behind a seal: what follows from the configuration is another machine's, also where it is open.
 */
static void test_another_configuration(void) {
    static struct boot_file files[] = {
        {.path = "/etc/hosts", .contents = "own", .size = 3},
        {.path = "/etc/fresh", .contents = "", .size = 0},
    };
    const struct boot before = boot;
    char text[64] = {0};
    int fd = must_open("/etc/hostname", O_RDONLY), hosts = must_open("/etc/hosts", O_RDONLY);

    CHECK_EQUAL(sys_read(fd, U(text), sizeof(text)), 5);
    boot.hostname = "another";
    boot.files = files;
    boot.file_count = 2;
    fs_continue();
    CHECK_EQUAL(stat_of("/etc/hostname").size, 8);
    CHECK_EQUAL(sys_pread64(fd, U(text), sizeof(text), 0), 8);
    CHECK(memcmp(text, "another\n", 8) == 0);
    CHECK_EQUAL(sys_read(hosts, U(text), sizeof(text)), 3);
    CHECK(strcmp(read_all("/etc/hosts"), "own") == 0);
    CHECK(strcmp(read_all("/etc/fresh"), "") == 0);
    sys_close(fd);
    sys_close(hosts);
    boot = before;
}

static void test_devices(void) {
    char text[600];
    int fd = must_open("/dev/null", O_RDWR);

    CHECK_EQUAL(sys_write(fd, U("x"), 1), 1);
    CHECK_EQUAL(sys_read(fd, U(text), 1), 0);
    sys_close(fd);
    fd = must_open("/dev/zero", O_RDONLY);
    memset(text, 1, sizeof(text));
    CHECK_EQUAL(sys_read(fd, U(text), sizeof(text)), sizeof(text));
    CHECK(text[0] == 0 && text[sizeof(text) - 1] == 0);
    sys_close(fd);
    fd = must_open("/dev/urandom", O_RDONLY);
    CHECK_EQUAL(sys_read(fd, U(text), sizeof(text)), sizeof(text));
    CHECK(text[sizeof(text) - 1] == 0x5a);
    sys_close(fd);
    fd = must_open("/dev/full", O_WRONLY);
    CHECK_EQUAL(sys_write(fd, U("x"), 1), -ENOSPC);
    sys_close(fd);
    CHECK_EQUAL(stat_of("/dev/null").rdev, 1 << 8 | 3);
    CHECK_EQUAL(open_at("/dev/ptmx", O_RDWR), -ENOENT);
    CHECK_EQUAL(open_at("/dev/tty", O_RDWR), -ENXIO);
    write_file("/dev/shm/x", "in memory");
    CHECK_EQUAL(sys_unlink(U("/dev/shm/x")), 0);
}

static int type_a_line(nanos_t deadline) {
    (void)deadline;
    console_input("typed\n", 6);
    return 0;
}

static void test_console(void) {
    char text[16];

    CHECK_EQUAL(sys_write(1, U("out\n"), 4), 4);
    CHECK(strstr(shim_console, "out\n"));
    shim_sleep = type_a_line;
    CHECK_EQUAL(sys_read(0, U(text), sizeof(text)), 6); /* sleeps until something comes */
    shim_sleep = shim_sleep_until_deadline;
    CHECK(memcmp(text, "typed\n", 6) == 0);
    console_input("a\004b", 3);
    CHECK_EQUAL(sys_read(0, U(text), sizeof(text)), 3); /* 0x04 within a line is a byte */
    CHECK_EQUAL(sys_ioctl(0, 0x5401, U(text)), -ENOTTY);
    CHECK_EQUAL(sys_fcntl(0, 4, O_NONBLOCK), 0);
    CHECK_EQUAL(sys_read(0, U(text), 1), -EAGAIN);
    CHECK_EQUAL(sys_fcntl(0, 4, 0), 0);
    console_input("c\004\004d", 4); /* but two are the end, for good */
    CHECK_EQUAL(sys_read(0, U(text), sizeof(text)), 1);
    CHECK_EQUAL(sys_read(0, U(text), sizeof(text)), 0);
    CHECK_EQUAL(sys_read(0, U(text), sizeof(text)), 0);
}

static void test_procfs(void) {
    char text[64];

    int64_t size = sys_readlink(U("/proc/self/exe"), U(text), sizeof(text));
    CHECK_EQUAL(size, 12);
    CHECK(memcmp(text, "/usr/lib/big", 12) == 0); /* argv[0] is a link to it */
    CHECK(strstr(read_all("/proc/self/status"), "VmRSS:"));
    CHECK(strncmp(read_all("/proc/self/stat"), "1 (main) R ", 11) == 0);
    CHECK(strncmp(read_all("/proc/self/maps"), "00400000-00402000 r-xp ", 23) == 0);
    CHECK(strstr(read_all("/proc/meminfo"), "MemTotal:       16384 kB"));
    CHECK(strncmp(read_all("/proc/cpuinfo"), "processor\t: 0\n", 14) == 0);
    CHECK(memcmp(read_all("/proc/self/cmdline"), "/program\0-c\0", 12) == 0);
    CHECK_EQUAL(strlen(read_all("/proc/sys/kernel/random/boot_id")), 37);
    CHECK(strcmp(read_all("/sys/devices/system/cpu/online"), "0\n") == 0);
    CHECK(strstr(read_all("/proc/mounts"), "tmpfs /tmp tmpfs rw 0 0\n"));
    CHECK(strcmp(list("/proc/self/fd", 64), ". .. 0 1 2 3 ") == 0);
    CHECK_EQUAL(open_at("/proc/self/none", O_RDONLY), -ENOENT);
    CHECK_EQUAL(open_at("/proc/meminfo", O_WRONLY), -EROFS);
    CHECK_EQUAL(sys_access(U("/sys/fs/cgroup"), 0), -ENOENT);
}

static void test_descriptors(void) {
    int fd = must_open("/tmp", O_RDONLY);

    CHECK_EQUAL(fd, 3);
    CHECK_EQUAL(sys_dup(fd), 4);
    CHECK_EQUAL(sys_dup2(fd, 500), 500); /* the table grows */
    CHECK_EQUAL(sys_dup2(fd, 1024), -EBADF);
    CHECK_EQUAL(sys_dup2(7, 8), -EBADF);
    CHECK_EQUAL(sys_close(3), 0);
    CHECK_EQUAL(sys_close(3), -EBADF);
    CHECK_EQUAL(sys_dup(4), 3); /* the lowest that is free */
    CHECK_EQUAL(sys_fcntl(4, 0, 400), 400);
    CHECK_EQUAL(sys_fcntl(4, 0, 500), 501);
    CHECK_EQUAL(sys_fcntl(4, 1, 0), 0);
    CHECK_EQUAL(sys_fcntl(4, 2, 1), 0);
    CHECK_EQUAL(sys_fcntl(4, 1, 0), 1);
    CHECK_EQUAL(sys_fcntl(3, 1, 0), 0);
    int64_t last = 0, got;
    while ((got = sys_dup(3)) >= 0)
        last = got;
    CHECK_EQUAL(got, -EMFILE);
    CHECK_EQUAL(last, 1023);
    for (int i = 3; i < 1024; i++)
        sys_close(i);
    CHECK_EQUAL(sys_read(-1, U(&fd), 1), -EBADF);
    CHECK_EQUAL(sys_read(1 << 30, U(&fd), 1), -EBADF);
}

static void test_sendfile(void) {
    static char bytes[200000];
    int64_t offset = 10;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 7);
    int from = must_open("/tmp/from", O_RDWR | O_CREAT),
        to = must_open("/tmp/to", O_RDWR | O_CREAT);
    CHECK_EQUAL(sys_write(from, U(bytes), sizeof(bytes)), sizeof(bytes));
    CHECK_EQUAL(sys_sendfile(to, from, U(&offset), 1 << 20), sizeof(bytes) - 10);
    CHECK_EQUAL(offset, sizeof(bytes));
    static char copy[200000];
    CHECK_EQUAL(sys_pread64(to, U(copy), sizeof(copy), 0), sizeof(bytes) - 10);
    CHECK(memcmp(copy, bytes + 10, sizeof(bytes) - 10) == 0);
    sys_close(from);
    sys_close(to);
    sys_unlink(U("/tmp/from"));
    sys_unlink(U("/tmp/to"));
}

int main(int argc, char **argv) {
    static const char *arguments[] = {"/program", "-c", NULL}, *environment[] = {"A=b", NULL};
    static struct boot_host hosts[] = {{0x09004d0a, "catalog"}};
    static struct boot_file files[] = {{"/etc/meshkernel/service.json", "{\"a\": 1}", 8},
                                       {"/etc/passwd", "mine", 4}};

    boot = (struct boot){.arguments = arguments,
                         .argument_count = 2,
                         .environment = environment,
                         .environment_count = 1,
                         .hostname = "cart",
                         .address = 0x05004d0a,
                         .hosts = hosts,
                         .host_count = 1,
                         .files = files,
                         .file_count = 2};
    CHECK_EQUAL(argc, 2);
    load_image(argv[1]);
    fs_init();
    start_libraries(START_FILES);
    fs_complete();
    fs_open_console();
    RUN(test_image_lookup);
    RUN(test_stat_of_image_allocates_nothing);
    RUN(test_image_is_read_only);
    RUN(test_image_pages);
    RUN(test_links);
    RUN(test_overlay);
    RUN(test_tmpfs_contents);
    RUN(test_tmpfs_sparse_and_truncate);
    RUN(test_tmpfs_shared_page);
    RUN(test_tmpfs_is_limited);
    RUN(test_tmpfs_names);
    RUN(test_removing_while_listing);
    RUN(test_files_without_name);
    RUN(test_times);
    RUN(test_out_of_memory);
    RUN(test_another_configuration);
    RUN(test_devices);
    RUN(test_console);
    RUN(test_procfs);
    RUN(test_descriptors);
    RUN(test_sendfile);
    return 0;
}
