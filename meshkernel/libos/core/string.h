/* The memory and string functions that a freestanding compiler may call, and we do. */
#pragma once

#include "core/types.h"

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t limit);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t size);
char *strchr(const char *text, int character);

/* Copies at most size - 1 characters and always ends `to` with NUL (size > 0). */
void string_copy(char *to, const char *from, size_t size);
