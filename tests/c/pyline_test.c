/* Decodes the location tables of real code objects: lines `first-line table-in-hex line line ...`,
 * one line number for each instruction (0: none), in the file that is named on the command line. */
#include "linux/pyline.h"

#include "check.h"

struct table {
    uint8_t bytes[1 << 18];
    size_t size;
};

static int read_byte(void *table, size_t index) {
    const struct table *t = table;

    CHECK(index < t->size);
    return t->bytes[index];
}

static int broken(void *table, size_t index) {
    (void)table;
    (void)index;
    return -1;
}

static void read_table(const char *text, struct table *table) {
    unsigned byte;

    for (table->size = 0; sscanf(text, "%2x", &byte) == 1; text += 2)
        table->bytes[table->size++] = (uint8_t)byte;
}

int main(int argc, char **argv) {
    static struct table table;
    static char text[1 << 19];
    int first, expected;
    long objects = 0, instructions = 0;
    FILE *in = fopen(argv[argc - 1], "r");

    CHECK(in && argc == 2);
    while (fscanf(in, "%d %524287s", &first, text) == 2) {
        read_table(text, &table);
        for (int64_t at = 0; getc(in) == ' '; at += 2, instructions++) {
            CHECK_EQUAL(fscanf(in, "%d", &expected), 1);
            CHECK_EQUAL(python_line(read_byte, &table, table.size, first, at), expected);
        }
        CHECK_EQUAL(python_line(read_byte, &table, table.size, first, -2), first);
        CHECK_EQUAL(python_line(read_byte, &table, table.size, first, 1 << 30), 0);
        CHECK_EQUAL(python_line(broken, &table, table.size, first, 0), 0);
        /* Cut anywhere, a table must not be read beyond its end. */
        for (size_t cut = 0; cut < table.size && cut < 40; cut++)
            python_line(read_byte, &table, cut, first, 1 << 20);
        objects++;
    }
    printf("%ld code objects, %ld instructions\n", objects, instructions);
    CHECK(objects > 100 && instructions > 10000);
    return 0;
}
