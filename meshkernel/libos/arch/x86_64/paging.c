/* Four-level page tables. The number of live entries of a table of the low half is kept as its
 * page's references beyond the first, so an empty one is noticed and freed. */
#include "arch/x86_64/paging.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/io.h"
#include "arch/x86_64/layout.h"
#include "arch/x86_64/pvh.h"
#include "core/pages.h"
#include "core/print.h"
#include "linux/errno.h"
#include "mm/space.h"

#define PROT_NONE 0

typedef uint64_t entry_t;

#define PRESENT UINT64_C(0x001)
#define WRITABLE UINT64_C(0x002)
#define WRITE_THROUGH UINT64_C(0x008)
#define CACHE_OFF UINT64_C(0x010)
#define ACCESSED UINT64_C(0x020)
#define DIRTY UINT64_C(0x040)
#define LARGE UINT64_C(0x080)
#define GLOBAL UINT64_C(0x100)
#define HELD UINT64_C(0x200) /* ours: a page is here although PRESENT is clear (PROT_NONE) */
#define NO_EXECUTE (UINT64_C(1) << 63)
#define ADDRESS UINT64_C(0x000ffffffffff000)

#define ENTRIES 512
#define LEVELS 4
#define LARGE_SIZE UINT64_C(0x200000)

static entry_t *root;

static unsigned index_of(uint64_t address, int level) {
    return (address >> (PAGE_SHIFT + 9 * level)) & (ENTRIES - 1);
}

static entry_t *table_of(entry_t entry) {
    return direct_of(entry & ADDRESS);
}

/* The entry for the address at `level` (0: a page), making the tables above it; NULL when memory is
 * used up. */
static entry_t *walk_make(uint64_t address, int level) {
    entry_t *table = root;
    for (int at = LEVELS - 1; at > level; at--) {
        entry_t *entry = &table[index_of(address, at)];
        if (!(*entry & PRESENT)) {
            void *page = page_alloc();
            if (page == NULL)
                return NULL;
            if (table != root)
                page_get(table);
            *entry = phys_of(page) | PRESENT | WRITABLE;
        }
        table = table_of(*entry);
    }
    return &table[index_of(address, level)];
}

static entry_t *walk(uint64_t address) {
    entry_t *table = root;
    for (int at = LEVELS - 1; at > 0; at--) {
        entry_t entry = table[index_of(address, at)];
        if (!(entry & PRESENT))
            return NULL;
        table = table_of(entry);
    }
    return &table[index_of(address, 0)];
}

static entry_t *table_containing(entry_t *entry) {
    return (entry_t *)PAGE_DOWN(entry);
}

/* Frees the tables of the address that have become empty, from the lowest up. */
static void free_empty(uint64_t address) {
    entry_t *path[LEVELS];
    entry_t *table = root;
    for (int at = LEVELS - 1; at > 0; at--) {
        path[at] = &table[index_of(address, at)];
        table = table_of(*path[at]);
    }
    for (int at = 1; at < LEVELS && page_references(table) == 1; at++) {
        *path[at] = 0;
        page_put(table);
        table = table_containing(path[at]);
        if (table == root)
            break;
        page_put(table);
    }
}

static entry_t bits_of(int prot) {
    if (prot == PROT_NONE)
        return HELD | NO_EXECUTE;
    return PRESENT | (prot & PROT_WRITE ? WRITABLE : 0) | (prot & PROT_EXEC ? 0 : NO_EXECUTE);
}

static bool in_use(entry_t entry) {
    return entry & (PRESENT | HELD);
}

int paging_map(uaddr_t address, void *page, int prot) {
    assert(address < USER_END);
    entry_t *entry = walk_make(address, 0);
    if (entry == NULL)
        return -ENOMEM;
    bool replaces = in_use(*entry);
    *entry = phys_of(page) | bits_of(prot);
    if (replaces)
        invlpg(address);
    else
        page_get(table_containing(entry));
    return 0;
}

void *paging_unmap(uaddr_t address) {
    entry_t *entry = walk(address);
    if (entry == NULL || !in_use(*entry))
        return NULL;
    void *page = direct_of(*entry & ADDRESS);
    *entry = 0;
    page_put(table_containing(entry));
    free_empty(address);
    invlpg(address); /* also drops what the CPU remembers of the tables above */
    return page;
}

void paging_protect(uaddr_t address, int prot) {
    entry_t *entry = walk(address);
    if (entry == NULL || !in_use(*entry))
        return;
    entry_t changed = (*entry & (ADDRESS | DIRTY)) | bits_of(prot);
    if (changed == *entry)
        return;
    *entry = changed;
    invlpg(address);
}

void *paging_lookup(uaddr_t address, int *prot) {
    entry_t *entry = walk(address);
    if (entry == NULL || !in_use(*entry))
        return NULL;
    if (prot != NULL)
        *prot = !(*entry & PRESENT) ? PROT_NONE
                                    : PROT_READ | (*entry & WRITABLE ? PROT_WRITE : 0) |
                                          (*entry & NO_EXECUTE ? 0 : PROT_EXEC);
    return direct_of(*entry & ADDRESS);
}

bool paging_dirty(uaddr_t address) {
    entry_t *entry = walk(address);
    return entry != NULL && in_use(*entry) && (*entry & DIRTY);
}

uaddr_t paging_next(uaddr_t from, uaddr_t to) {
    while (from < to) {
        entry_t *table = root;
        int level = LEVELS - 1;
        while (level > 0 && (table[index_of(from, level)] & PRESENT))
            table = table_of(table[index_of(from, level--)]);
        if (level == 0 && in_use(table[index_of(from, 0)]))
            return from;
        uint64_t span = PAGE_SIZE << (9 * level);
        from = (from & ~(span - 1)) + span;
    }
    return to;
}

static void must_map(uint64_t address, uint64_t phys, uint64_t size, unsigned flags) {
    if (paging_map_kernel(address, phys, size, flags) < 0)
        panic("the machine has too little memory for its page tables");
}

int paging_map_kernel(uint64_t address, uint64_t phys, uint64_t size, unsigned flags) {
    entry_t bits = PRESENT | GLOBAL | (flags & PAGING_WRITE ? WRITABLE : 0) |
                   (flags & PAGING_EXEC ? 0 : NO_EXECUTE) |
                   (flags & PAGING_UNCACHED ? CACHE_OFF | WRITE_THROUGH : 0);
    while (size > 0) {
        bool large = ((address | phys) & (LARGE_SIZE - 1)) == 0 && size >= LARGE_SIZE;
        uint64_t step = large ? LARGE_SIZE : PAGE_SIZE;
        entry_t *entry = walk_make(address, large ? 1 : 0);
        if (entry == NULL)
            return -ENOMEM;
        *entry = phys | bits | (large ? LARGE : 0);
        address += step;
        phys += step;
        size -= step;
    }
    return 0;
}

uint64_t paging_unmap_kernel(uint64_t address) {
    entry_t *entry = walk(address);
    assert(entry != NULL && (*entry & PRESENT));
    uint64_t phys = *entry & ADDRESS;
    *entry = 0;
    invlpg(address);
    return phys;
}

/* The direct map of [start, end), where [from, to) is mapped with `flags`. */
static void map_direct_part(uint64_t start, uint64_t end, uint64_t from, uint64_t to,
                            unsigned flags) {
    start = MAX(start, from);
    end = MIN(end, to);
    if (start < end)
        must_map(DIRECT_MAP_BASE + start, start, end - start, flags);
}

static void map_direct(uint64_t start, uint64_t end) {
    uint64_t sealed[][2] = {{phys_of(kernel_start), phys_of(data_start)},
                            {phys_of(kernel_end), PAGE_UP(phys_of(image_end))}};
    uint64_t from = 0;
    for (size_t i = 0; i < ARRAY_SIZE(sealed); i++) {
        map_direct_part(start, end, from, sealed[i][0], PAGING_WRITE);
        map_direct_part(start, end, sealed[i][0], sealed[i][1], 0);
        from = sealed[i][1];
    }
    map_direct_part(start, end, from, UINT64_MAX, PAGING_WRITE);
}

static void map_kernel(const char *start, const char *end, unsigned flags) {
    must_map((uint64_t)start, phys_of(start), PAGE_UP(end - start), flags);
}

/* The tables of boot.S served until here: they mapped the low half too, and everything executable.
 */
void paging_init(void) {
    root = page_alloc();
    if (root == NULL)
        panic("the machine has too little memory for its page tables");
    map_kernel(kernel_start, rodata_start, PAGING_EXEC);
    map_kernel(rodata_start, data_start, 0);
    map_kernel(data_start, kernel_end, PAGING_WRITE);
    map_kernel(image_start, image_end, 0);
    for (size_t i = 0; i < pvh.ram_count; i++)
        map_direct(pvh.ram[i].start, pvh.ram[i].end);
    paging_load();
}

void paging_load(void) {
    write_cr3(phys_of(root));
}

void paging_map_ram(uint64_t start, uint64_t end) {
    must_map(DIRECT_MAP_BASE + start, start, end - start, PAGING_WRITE);
}

static void settle(entry_t *table, int level) {
    for (size_t i = 0; i < ENTRIES; i++) {
        if (!(table[i] & PRESENT))
            continue;
        bool leaf = level == 0 || (table[i] & LARGE);
        table[i] |= ACCESSED | (leaf && (table[i] & WRITABLE) ? DIRTY : 0);
        if (!leaf)
            settle(table_of(table[i]), level - 1);
    }
}

extern entry_t boot_pml4[];

void paging_settle(void) {
    settle(boot_pml4, LEVELS - 1);
    settle(root, LEVELS - 1);
}

static uint64_t mmio_next = MMIO_BASE;

/* Where the registers of one page are already: of a device that is started anew. */
static uint64_t mmio_find(uint64_t start) {
    uint64_t address = MMIO_BASE;
    while (address < mmio_next && (*walk(address) & ADDRESS) != start)
        address += PAGE_SIZE;
    return address;
}

volatile void *mmio_map(uint64_t phys, size_t size) {
    uint64_t start = PAGE_DOWN(phys), end = PAGE_UP(phys + size), address = mmio_next;
    if (end - start == PAGE_SIZE && (address = mmio_find(start)) < mmio_next)
        return (volatile char *)address + (phys - start);
    if (address + (end - start) > MMIO_BASE + MMIO_SIZE)
        panic("too many device registers are mapped");
    must_map(address, start, end - start, PAGING_WRITE | PAGING_UNCACHED);
    mmio_next += end - start;
    return (volatile char *)address + (phys - start);
}
