/* The application's address space: areas, and the pages behind them filled on first touch. */
#pragma once

#include "core/types.h"

struct file;

#define PROT_READ 1
#define PROT_WRITE 2
#define PROT_EXEC 4

#define MAP_SHARED 0x01
#define MAP_PRIVATE 0x02
#define MAP_FIXED 0x10
#define MAP_ANONYMOUS 0x20
#define MAP_NORESERVE 0x4000
#define MAP_POPULATE 0x8000
#define MAP_STACK 0x20000
#define MAP_FIXED_NOREPLACE 0x100000

/* The address where the area was placed, or -errno. `file` may be NULL. */
int64_t space_map(uaddr_t address, uint64_t size, int prot, int flags, struct file *file,
                  uint64_t offset);
int space_unmap(uaddr_t address, uint64_t size);
int space_protect(uaddr_t address, uint64_t size, int prot);

enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_EXEC };

/* Called by the page-fault handler for an address in the low half. Maps the page and returns 0, or
 * -EFAULT when no area allows the access. Never sleeps. Ends the service when memory is used up. */
int space_fault(uaddr_t address, enum access access);

/* The start of the first area that maps the file with this inode number from offset 0, or 0 (for finding where an ELF
 * object was loaded). */
uaddr_t space_find_file(uint64_t inode_number);
