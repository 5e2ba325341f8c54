/* Formatting and the string functions, against the host's own. */
#include "core/print.h"
#include "core/string.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static char console[256];
static size_t console_used;

void uart_write(const char *text, size_t size);
void uart_write(const char *text, size_t size) {
    memcpy(console + console_used, text, size);
    console_used += size;
}

static void fail(const char *what) {
    fprintf(stderr, "not so: %s\n", what);
    exit(1);
}

#define CHECK(condition) ((condition) ? (void)0 : fail(#condition))

/* The same arguments through both. */
#define SAME(...)                                                                                  \
    do {                                                                                           \
        char ours[128], theirs[128];                                                               \
        size_t length = format(ours, sizeof ours, __VA_ARGS__);                                    \
        int expected = snprintf(theirs, sizeof theirs, __VA_ARGS__);                               \
        if (length != (size_t)expected || strcmp(ours, theirs) != 0) {                             \
            fprintf(stderr, "\"%s\" is not \"%s\"\n", ours, theirs);                               \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static void conversions(void) {
    SAME("plain");
    SAME("%s and %c and %%", "text", 'x');
    SAME("%d %d %d", 0, -2147483647 - 1, 2147483647);
    SAME("%ld %lu %zu", INT64_MIN, UINT64_MAX, (size_t)7);
    SAME("%x %lx %p", 0xdeadbeefu, UINT64_C(0xfedcba9876543210), (void *)console);
    SAME("%5u|%05u|%2u|%08lx", 42u, 42u, 12345u, UINT64_C(0xabc));
    SAME("%6s|", "ab");
}

static void buffers_end_in_time(void) {
    char small[4];
    CHECK(format(small, sizeof small, "%s", "abcdef") == 6);
    CHECK(strcmp(small, "abc") == 0);
    CHECK(format(small, 0, "%d", 12345) == 5);
}

static void printing_goes_to_the_console(void) {
    print("%s %d\n", "line", 1);
    CHECK(console_used == 7 && memcmp(console, "line 1\n", 7) == 0);
}

static void memory_moves(void) {
    char from[300], to[300], other[300];
    for (size_t i = 0; i < sizeof from; i++)
        from[i] = (char)(i * 7 + 1);
    for (size_t size = 0; size < 200; size++)
        for (size_t offset = 0; offset < 9; offset++) {
            memset(to, 0x55, sizeof to);
            memcpy(to + 9 + offset, from + offset, size);
            for (size_t i = 0; i < sizeof to; i++)
                CHECK(to[i] == (i >= 9 + offset && i < 9 + offset + size ? from[i - 9] : 0x55));
            memcpy(other, from, sizeof other);
            memmove(other + offset, other + 4, size);
            for (size_t i = 0; i < size; i++)
                CHECK(other[offset + i] == from[4 + i]);
        }
}

static void texts_compare(void) {
    char copy[4];
    CHECK(strcmp("abc", "abd") < 0 && strcmp("b", "a") > 0 && strcmp("a", "a") == 0);
    CHECK(strncmp("abc", "abd", 2) == 0 && strncmp("\xff", "a", 1) > 0);
    CHECK(memcmp("a\0b", "a\0c", 3) < 0 && memcmp("a\0b", "a\0c", 2) == 0);
    CHECK(strlen("four") == 4 && strnlen("four", 2) == 2 && strnlen("four", 9) == 4);
    CHECK(*strchr("key=value", '=') == '=' && strchr("key", '=') == NULL);
    string_copy(copy, "abcdef", sizeof copy);
    CHECK(strcmp(copy, "abc") == 0);
}

int main(void) {
    conversions();
    buffers_end_in_time();
    printing_goes_to_the_console();
    memory_moves();
    texts_compare();
    return 0;
}
