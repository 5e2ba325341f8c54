#include "trace/once.h"

#include "core/alloc.h"
#include "core/string.h"
#include "mm/user.h"

/* Hashes of what was seen, 0 for an empty place; probed from the hash's own place on. A full set
 * finds everything seen: it is ten times what CPython with a web framework shows. */
#define PLACES 4096u /* a power of two */
#define FULL (PLACES - PLACES / 8)
#define PATH_SIZE 256
#define HASH_START UINT64_C(0xcbf29ce484222325) /* FNV-1a */
#define HASH_PRIME UINT64_C(0x100000001b3)

static uint64_t *seen;
static size_t count;

bool trace_once_ready(void) {
    if (seen == NULL)
        seen = kmalloc(PLACES * sizeof(*seen));
    if (seen != NULL)
        memset(seen, 0, PLACES * sizeof(*seen));
    count = 0;
    return seen != NULL;
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t size) {
    const uint8_t *at = bytes;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * HASH_PRIME;
    return hash;
}

static bool starts_with(const char *text, const char *start) {
    return memcmp(text, start, strlen(start)) == 0;
}

/* Only what the library OS itself makes: any other path is the image's or the program's. */
static uint64_t mix_path(uint64_t hash, uaddr_t address) {
    char path[PATH_SIZE] = {0};
    ssize_t length = string_from_user(path, address, sizeof(path));

    if (length <= 0 ||
        !(starts_with(path, "/proc") || starts_with(path, "/dev") || starts_with(path, "/sys")))
        return hash;
    return mix(hash, path, (size_t)length);
}

static uint64_t hash_of(const struct traced_call *call) {
    const struct trace_rule *rule;
    uint64_t hash = mix(HASH_START, &call->number, sizeof(call->number));

    for (size_t left = trace_rules(call->number, &rule); left > 0; left--, rule++) {
        uint32_t value = (uint32_t)call->arguments[rule->argument];
        if (!(rule->when & TRACE_FEATURE))
            continue;
        hash = rule->kind == TRACE_VALUE ? mix(hash, &value, sizeof(value))
                                         : mix_path(hash, call->arguments[rule->argument]);
    }
    return hash ? hash : 1;
}

bool trace_once_is_new(const struct traced_call *call) {
    uint64_t hash = hash_of(call);

    for (size_t i = hash % PLACES;; i = (i + 1) % PLACES) {
        if (seen[i] == hash || count >= FULL)
            return false;
        if (seen[i] == 0) {
            seen[i] = hash;
            count++;
            return true;
        }
    }
}
