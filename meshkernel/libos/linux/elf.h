/* Loading one ELF object (a program or its interpreter, ld.so) into the application's address
 * space. */
#pragma once

#include "core/types.h"

struct file;

#define ELF_INTERPRETER_SIZE 256

struct elf_image {
    uaddr_t bias;  /* added to every address of the file; 0 for ET_EXEC */
    uaddr_t start; /* of the lowest segment */
    uaddr_t end;   /* behind the highest, bss included */
    uaddr_t entry;
    uaddr_t headers; /* the program headers in memory, 0 when no segment has them */
    uint16_t header_count;
    char interpreter[ELF_INTERPRETER_SIZE]; /* path, empty for a static program */
};

#define ELF_HEADER_SIZE 56 /* of one program header */

/* Maps the segments. NULL, or half of a sentence that says what is wrong with the file ("is not an
 * ELF file"); then some of it may be mapped. */
const char *elf_load(struct file *file, bool is_interpreter, struct elf_image *image);
