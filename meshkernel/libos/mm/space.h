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

/* The application's addresses are below this one; the page below it stays free, so that no transfer
 * can wrap. */
#define SPACE_TOP UINT64_C(0x7ffffffff000)

/* Nothing is ever mapped below: a NULL pointer with an offset faults. */
#define SPACE_BOTTOM UINT64_C(0x10000)

#define SPACE_STACK_SIZE (UINT64_C(8) << 20)

/* Chooses the random bases. Before anything is mapped. */
void mm_init(void);

/* Reserves the main stack and its guard below; returns its top (the address behind it), or 0. */
uaddr_t space_map_stack(void);

/* A random base for a position-independent program of this size, or 0 when there is no room. */
uaddr_t space_program_base(uint64_t size);

/* Where the heap of brk starts: a random distance behind the program's end. */
void space_set_break(uaddr_t program_end);
uaddr_t space_break(uaddr_t wanted); /* the break after the call, as the system call answers it */

/* Moves or resizes an area as mremap does; the new address or -errno. */
int64_t space_remap(uaddr_t old, uint64_t old_size, uint64_t new_size, int flags, uaddr_t wanted);

/* Frees the pages of anonymous and private areas; what is read afterwards is zero, or the file. */
int space_discard(uaddr_t address, uint64_t size);

/* One byte a page, 1 when it is in memory; -ENOMEM when some of the range is not mapped. */
int space_residency(uaddr_t address, uint64_t size, uaddr_t vector);

/* Fills every page of the range that its area allows to read. 0, -ENOMEM when some is not mapped.
 */
int space_populate(uaddr_t address, uint64_t size);

/* True when every page of the range lies in an area. */
bool space_is_mapped(uaddr_t address, uint64_t size);

/* What a fault at this address that space_fault did not solve was about. */
enum space_fault_kind {
    SPACE_FAULT_NOTHING,  /* nothing is mapped there */
    SPACE_FAULT_DENIED,   /* it is, but not for this access */
    SPACE_FAULT_STACK,    /* in the guard below the main stack, which is used up */
    SPACE_FAULT_PAST_FILE /* a map reaches behind the end of its file */
};
enum space_fault_kind space_explain(uaddr_t address);

/* One area for /proc/self/maps, in order of addresses; false behind the last. */
struct space_area {
    uaddr_t start, end;
    int prot;
    bool shared;
    uint64_t offset;
    struct file *file; /* NULL for anonymous memory */
    enum { SPACE_OTHER, SPACE_HEAP, SPACE_STACK, SPACE_GUARD } kind;
};
bool space_describe(size_t index, struct space_area *area);

/* Bytes of the application's memory that are filled: the resident set. */
uint64_t space_resident(void);

/* Prints one sentence and ends the service: a page is needed and there is none. */
noreturn void out_of_memory(void);

/* The start of the first area that maps this file (st_dev, st_ino) from offset 0, or 0 (for finding
 * where an ELF object was loaded). */
uaddr_t space_find_file(uint32_t device, uint64_t inode_number);
