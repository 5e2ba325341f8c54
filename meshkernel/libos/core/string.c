/* Memory and string functions. `rep` is what the hardware does best for long runs; short ones,
 * which are most, are cheaper as plain moves, under emulation too. */
#include "core/string.h"

#define SHORT 64

void *memcpy(void *restrict to, const void *restrict from, size_t size) {
    char *t = to;
    const char *f = from;
    if (size > SHORT) {
        size_t words = size / 8;
        __asm__ volatile("rep movsq" : "+D"(t), "+S"(f), "+c"(words) : : "memory");
        size &= 7;
    }
    for (; size >= 8; size -= 8, t += 8, f += 8)
        __builtin_memcpy(t, f, 8);
    while (size--)
        *t++ = *f++;
    return to;
}

void *memmove(void *to, const void *from, size_t size) {
    char *t = to;
    const char *f = from;
    if (t <= f || t >= f + size)
        return memcpy(to, from, size); /* forward is right even when they overlap */
    for (; size >= 8; size -= 8) {
        uint64_t word;
        __builtin_memcpy(&word, f + size - 8, 8);
        __builtin_memcpy(t + size - 8, &word, 8);
    }
    while (size--)
        t[size] = f[size];
    return to;
}

void *memset(void *to, int byte, size_t size) {
    char *t = to;
    if (size > SHORT) {
        size_t words = size / 8;
        uint64_t word = (uint8_t)byte * UINT64_C(0x0101010101010101);
        __asm__ volatile("rep stosq" : "+D"(t), "+c"(words) : "a"(word) : "memory");
        size &= 7;
    }
    while (size--)
        *t++ = (char)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t size) {
    const uint8_t *x = a, *y = b;
    for (size_t i = 0; i < size; i++)
        if (x[i] != y[i])
            return x[i] - y[i];
    return 0;
}

size_t strlen(const char *text) {
    const char *end = text;
    while (*end)
        end++;
    return (size_t)(end - text);
}

size_t strnlen(const char *text, size_t limit) {
    size_t length = 0;
    while (length < limit && text[length])
        length++;
    return length;
}

int strncmp(const char *a, const char *b, size_t size) {
    for (size_t i = 0; i < size; i++) {
        uint8_t x = (uint8_t)a[i], y = (uint8_t)b[i];
        if (x != y || x == 0)
            return x - y;
    }
    return 0;
}

int strcmp(const char *a, const char *b) {
    return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *text, int character) {
    for (;; text++) {
        if (*text == (char)character)
            return (char *)text;
        if (*text == 0)
            return NULL;
    }
}

void string_copy(char *to, const char *from, size_t size) {
    size_t length = strnlen(from, size - 1);
    memcpy(to, from, length);
    to[length] = 0;
}
