#include "core/alloc.h"
#include "shims.h"
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

size_t shim_allocations_before_failure = SIZE_MAX;

static bool fails(void) {
    if (shim_allocations_before_failure == SIZE_MAX)
        return false;
    if (shim_allocations_before_failure == 0)
        return true;
    shim_allocations_before_failure--;
    return false;
}

void *kmalloc(size_t size) {
    return fails() ? NULL : calloc(1, size);
}

void kfree(void *memory) {
    free(memory);
}

void *krealloc(void *memory, size_t size) {
    size_t old = memory ? malloc_usable_size(memory) : 0;

    if (fails())
        return NULL;
    char *grown = realloc(memory, size);
    if (grown && size > old)
        memset(grown + old, 0, size - old);
    return grown;
}

char *kstrndup(const char *text, size_t length) {
    return fails() ? NULL : strndup(text, length);
}
