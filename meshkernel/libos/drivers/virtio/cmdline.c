/* Discovery: the hypervisor describes its virtio-mmio slots on the kernel command line, one word
 * each, as Linux' Documentation/admin-guide/kernel-parameters.txt has it:
 * virtio_mmio.device=<size>@<base>:<interrupt>[:<id>]. */
#include "core/string.h"
#include "drivers/virtio/mmio.h"

#define WORD "virtio_mmio.device="

static int digit_value(char digit) {
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : 16;
}

static bool parse_number(const char **text, uint64_t *value) {
    unsigned base = 10;
    if ((*text)[0] == '0' && ((*text)[1] | 0x20) == 'x') {
        base = 16;
        *text += 2;
    }
    const char *start = *text;
    *value = 0;
    for (int digit; (digit = digit_value(**text)) < (int)base; ++*text)
        if (__builtin_mul_overflow(*value, base, value) ||
            __builtin_add_overflow(*value, (uint64_t)digit, value))
            return false;
    return *text != start;
}

static unsigned suffix_shift(char suffix) {
    switch (suffix | 0x20) {
    case 'k':
        return 10;
    case 'm':
        return 20;
    case 'g':
        return 30;
    default:
        return 0;
    }
}

static bool parse_slot(const char *text, struct virtio_slot *slot) {
    uint64_t interrupt;
    if (!parse_number(&text, &slot->size))
        return false;
    unsigned shift = suffix_shift(*text);
    text += shift != 0;
    slot->size <<= shift;
    if (*text++ != '@' || !parse_number(&text, &slot->base) || *text++ != ':' ||
        !parse_number(&text, &interrupt))
        return false;
    slot->interrupt = (unsigned)interrupt;
    return (*text == '\0' || *text == ' ' || *text == ':') && slot->size >= 0x100 &&
           interrupt <= UINT16_MAX && slot->base != 0;
}

bool virtio_next_slot(const char **text, struct virtio_slot *slot) {
    const char *word = *text;
    while (*word != '\0') {
        while (*word == ' ')
            word++;
        const char *next = word;
        while (*next != '\0' && *next != ' ')
            next++;
        *text = next;
        if (strncmp(word, WORD, sizeof(WORD) - 1) == 0 && parse_slot(word + sizeof(WORD) - 1, slot))
            return true;
        word = next;
    }
    return false;
}
