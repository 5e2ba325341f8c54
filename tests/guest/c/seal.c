/* Seals by fork; the child tells what it finds. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void) {
    char lines[4096];
    int fd = open("/dev/seal", O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        perror("/dev/seal");
        return 2;
    }
    ssize_t size = read(fd, lines, sizeof(lines));
    printf("in the way: %zd bytes\n%.*s", size, (int)(size > 0 ? size : 0), lines);
    printf("write: %zd %s\n", write(fd, "seal", 4), strerror(errno));
    fflush(stdout);
    pid_t pid = fork();
    printf("fork: %d %s\n", pid, pid < 0 ? strerror(errno) : "");
    printf("pid %d\n", getpid());
    return pid == 0 ? 0 : 1;
}
