#include "core/print.h"
#include "shims.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char shim_console[4096];

void console_write(const char *text, size_t size) {
    size_t used = strlen(shim_console);
    size_t room = sizeof(shim_console) - 1 - used;

    memcpy(shim_console + used, text, size < room ? size : room);
}

void print(const char *format, ...) {
    char line[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    console_write(line, strlen(line));
}

size_t format(char *buffer, size_t size, const char *text, ...) {
    va_list arguments;

    va_start(arguments, text);
    int length = vsnprintf(buffer, size, text, arguments);
    va_end(arguments);
    return (size_t)length;
}

noreturn void panic(const char *sentence) {
    fprintf(stderr, "panic: %s\n", sentence);
    exit(3);
}

noreturn void assert_failed(const char *condition, const char *file, int line) {
    fprintf(stderr, "%s:%d: assert(%s)\n", file, line, condition);
    abort();
}
