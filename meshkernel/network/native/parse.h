/* Words of the configuration and of commands. All return false for anything but the exact form. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Decimal digits alone, at most `largest`. */
bool parse_number(const char *word, uint32_t largest, uint32_t *number);
/* `10.0.0.1`, in host byte order. */
bool parse_address(const char *word, uint32_t *address);
/* `10.0.0.1:80` */
bool parse_endpoint(const char *word, uint32_t *address, uint32_t *number);
/* Letters, digits, `-`, `_`, `.`: safe in a reply as it is. */
bool parse_name(const char *word);

#define WORDS_MAX 5

/* Cuts the line at blanks, in place; returns the number of words, WORDS_MAX + 1 for more. The last
 * of `most` words runs to the end of the line. */
int parse_words(char *line, int most, char *words[WORDS_MAX]);
