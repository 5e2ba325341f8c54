/* The heap of the library OS. */
#pragma once

#include "core/types.h"

/* Zero-filled memory aligned to 16 bytes, or NULL. */
void *kmalloc(size_t size);
void kfree(void *memory); /* NULL is fine */

/* Keeps the old bytes up to the smaller size and clears what is new; NULL leaves the old block. */
void *krealloc(void *memory, size_t size);
/* Fills what is free of the heap's pages with zeros, but for its own links. */
void heap_clear_free(void);

char *kstrndup(const char *text, size_t length);

#define knew(type) ((type *)kmalloc(sizeof(type)))
