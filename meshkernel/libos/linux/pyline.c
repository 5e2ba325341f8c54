#include "linux/pyline.h"

/* Each entry starts with a byte 1CCCCLLL: a code C and a length of L + 1 instructions of two bytes.
 * Then come bytes by the code, all without the top bit. */
#define START_BIT 0x80
#define CODE_ONE_LINE 10 /* and the two behind it: the line moves on by 0, 1, 2 */
#define CODE_NO_COLUMNS 13
#define CODE_LONG 14
#define CODE_NONE 15
#define INSTRUCTION_SIZE 2

struct reader {
    int (*read)(void *table, size_t index);
    void *table;
    size_t size, position;
};

static int next(struct reader *reader) {
    return reader->position < reader->size ? reader->read(reader->table, reader->position++) : -1;
}

/* Six bits a byte, lowest first; 0x40: another follows. Signed ones keep the sign in the lowest
 * bit. */
static int64_t signed_number(struct reader *reader) {
    uint64_t value = 0;
    int byte = 0x40;

    for (unsigned shift = 0; (byte & 0x40) && shift < 60; shift += 6) {
        byte = next(reader);
        if (byte < 0)
            return 0;
        value |= (uint64_t)(byte & 0x3f) << shift;
    }
    return value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
}

static int64_t line_delta(struct reader *reader, int code) {
    if (code == CODE_NO_COLUMNS || code == CODE_LONG)
        return signed_number(reader);
    if (code >= CODE_ONE_LINE && code < CODE_NO_COLUMNS)
        return code - CODE_ONE_LINE;
    return 0;
}

/* The columns are of no interest. */
static void skip_entry(struct reader *reader) {
    while (reader->position < reader->size) {
        int byte = reader->read(reader->table, reader->position);

        if (byte < 0 || (byte & START_BIT))
            return;
        reader->position++;
    }
}

int python_line(int (*read)(void *table, size_t index), void *table, size_t size, int first_line,
                int64_t instruction) {
    struct reader reader = {.read = read, .table = table, .size = size};
    int64_t line = first_line, end = 0;

    if (instruction < 0)
        return first_line;
    while (reader.position < reader.size) {
        int byte = next(&reader);
        if (byte < 0)
            return 0;
        int code = (byte >> 3) & 15;
        line += line_delta(&reader, code);
        end += ((byte & 7) + 1) * INSTRUCTION_SIZE;
        if (instruction < end)
            return code == CODE_NONE ? 0 : (int)line;
        skip_entry(&reader);
    }
    return 0;
}
