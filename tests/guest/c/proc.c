/* The files of /proc and /etc that C libraries and interpreters read. */
#define _GNU_SOURCE
#include "guest.h"

#include <dirent.h>
#include <pthread.h>

static char text[1 << 16];

static char *read_file(const char *name) {
    int fd = open(name, O_RDONLY);
    ssize_t size = 0, got;

    while (fd >= 0 && (got = read(fd, text + size, sizeof(text) - 1 - size)) > 0)
        size += got;
    text[size] = 0;
    if (fd < 0)
        printf("%s: %s\n", name, strerror(errno));
    close(fd);
    return text;
}

static int count_folder(const char *name) {
    DIR *folder = opendir(name);
    int count = 0;

    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

/* The line of an address in /proc/self/maps. */
static void show_map(const void *address) {
    char *line = read_file("/proc/self/maps");

    for (; line && *line; line = strchr(line, '\n') + 1) {
        uintptr_t start, end;
        char prot[5];

        if (sscanf(line, "%lx-%lx %4s", &start, &end, prot) == 3 && start <= (uintptr_t)address &&
            (uintptr_t)address < end)
            SHOW("%s", prot);
    }
}

static void *count_threads(void *argument) {
    *(int *)argument = count_folder("/proc/self/task") - 2;
    return NULL;
}

int main(int argc, char **argv) {
    int data = 0, threads, fd;
    char target[200] = "";
    pthread_t thread;

    show_map((void *)(uintptr_t)main);
    show_map(&data);
    show_map(&text);
    SHOW("%d", strstr(read_file("/proc/self/maps"), "[stack]") != NULL);
    SHOW("%d", strcmp(read_file("/proc/self/cmdline"), argv[argc - 1]));
    SHOW("%d", strstr(read_file("/proc/self/status"), "VmRSS:") != NULL);
    SHOW("%d", strstr(read_file("/proc/meminfo"), "MemTotal:") != NULL);
    SHOW("%d", strstr(read_file("/proc/cpuinfo"), "model name") != NULL);
    SHOW("%d", strncmp(read_file("/proc/self/stat"), "1 (", 2) >= 0);
    SHOW("%d", atof(read_file("/proc/uptime")) > 0);
    SHOW("%d", read_file("/proc/loadavg")[0] >= '0');
    SHOW("%d", strstr(read_file("/proc/self/mounts"), " /proc ") != NULL);
    SHOW("%d", read_file("/proc/sys/kernel/osrelease")[0] > '0');
    SHOW("%zd", readlink("/proc/self/exe", target, sizeof(target)) - (ssize_t)strlen(argv[0]));
    SHOW("%d", strcmp(target, argv[0]));
    fd = open("/etc/hosts", O_RDONLY);
    snprintf(text, sizeof(text), "/proc/self/fd/%d", fd);
    memset(target, 0, sizeof(target));
    SHOW("%zd", readlink(text, target, sizeof(target)));
    SHOW("%s", target);
    close(fd);
    pthread_create(&thread, NULL, count_threads, &threads);
    pthread_join(thread, NULL);
    SHOW("%d", threads);
    SHOW("%d", strstr(read_file("/etc/hosts"), "localhost") != NULL);
    SHOW("%d", strstr(read_file("/etc/passwd"), "root:") != NULL);
    SHOW("%d", open("/proc/absent", O_RDONLY));
    SHOW_ERRNO();
    return 0;
}
