#include "parse.h"

#include "mesh.h"

#include <arpa/inet.h>
#include <string.h>

bool parse_number(const char *word, uint32_t largest, uint32_t *number) {
    uint64_t value = 0;
    size_t size = strlen(word);
    if (size == 0 || size > 10 || strspn(word, "0123456789") != size)
        return false;
    for (; *word; word++)
        value = value * 10 + (uint64_t)(*word - '0');
    *number = (uint32_t)value;
    return value <= largest;
}

bool parse_address(const char *word, uint32_t *address) {
    struct in_addr bytes;
    if (inet_pton(AF_INET, word, &bytes) != 1)
        return false;
    *address = ntohl(bytes.s_addr);
    return true;
}

bool parse_endpoint(const char *word, uint32_t *address, uint32_t *number) {
    char host[16];
    const char *colon = strchr(word, ':');
    if (!colon || colon - word >= (ptrdiff_t)sizeof(host))
        return false;
    memcpy(host, word, (size_t)(colon - word));
    host[colon - word] = 0;
    return parse_address(host, address) && parse_number(colon + 1, UINT16_MAX, number);
}

bool parse_name(const char *word) {
    size_t size = strlen(word);
    return size > 0 && size < NAME_SIZE &&
           strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
               size;
}

int parse_words(char *line, int most, char *words[WORDS_MAX]) {
    int count = 0;
    for (;;) {
        line += strspn(line, " \t\r");
        if (!*line)
            return count;
        if (count == WORDS_MAX)
            return WORDS_MAX + 1;
        words[count++] = line;
        if (count == most)
            return count;
        line += strcspn(line, " \t\r");
        if (*line)
            *line++ = 0;
    }
}
