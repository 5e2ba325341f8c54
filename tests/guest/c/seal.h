/* What programs that seal by fork have in common. Under Linux they just fork, and the parent ends
 * as the child does. */
#pragma once

#include "guest.h"

#include <sys/wait.h>

static int open_seal(void) {
    return open("/dev/seal", O_RDWR | O_CLOEXEC);
}

/* Where there is a device, the next fork seals. */
static inline void arm(void) {
    int fd = open_seal();
    char lines[4096];

    fflush(stdout);
    if (fd < 0)
        return;
    ssize_t size = read(fd, lines, sizeof(lines));
    if (size != 0)
        printf("in the way: %.*s", (int)size, lines);
    if (write(fd, "seal", 4) != 4)
        printf("not armed: %s\n", strerror(errno));
    close(fd);
}

/* Goes on in the child alone. */
static inline void only_child(long pid) {
    int status;

    if (pid == 0)
        return;
    if (pid < 0) {
        printf("fork: %s\n", strerror(errno));
        exit(1);
    }
    waitpid((pid_t)pid, &status, 0);
    exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}
