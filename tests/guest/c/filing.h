/* Files as the tests of several file systems make and show them. */
#pragma once

#include "guest.h"

static inline int create(const char *name, const char *text) {
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);

    if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        perror(name);
    return fd;
}

static inline void show_file(const char *name) {
    char text[100] = "";
    int fd = open(name, O_RDONLY);

    if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
        printf("%s: %s\n", name, strerror(errno));
    else
        printf("%s: %s\n", name, text);
    close(fd);
}
