/* The address space against a model: what is mapped, what may be done there, and which byte each
 * page holds. */
#include "arch/x86_64/paging.h"
#include "arch/x86_64/user_copy.h"
#include "check.h"
#include "core/pages.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "linux/errno.h"
#include "mm/areas.h"
#include "mm/user.h"
#include "shims.h"

/* Page tables: the pages of one window, and a few outside of it. */
#define SLOTS 4096
static struct {
    uaddr_t address;
    void *page;
    int prot;
} slots[SLOTS];
static size_t mapped_count;

static size_t slot_of(uaddr_t address) {
    size_t i = (address >> PAGE_SHIFT) % SLOTS;

    while (slots[i].address && slots[i].address != address)
        i = (i + 1) % SLOTS;
    return i;
}

int paging_map(uaddr_t address, void *page, int prot) {
    size_t i = slot_of(address);

    CHECK(!slots[i].page);
    slots[i].address = address;
    slots[i].page = page;
    slots[i].prot = prot;
    mapped_count++;
    return 0;
}

void *paging_unmap(uaddr_t address) {
    size_t i = slot_of(address);
    void *page = slots[i].page;

    CHECK(page);
    slots[i].page = NULL;
    mapped_count--;
    return page;
}

void paging_protect(uaddr_t address, int prot) {
    slots[slot_of(address)].prot = prot;
}

void *paging_lookup(uaddr_t address, int *prot) {
    size_t i = slot_of(PAGE_DOWN(address));

    if (slots[i].page && prot)
        *prot = slots[i].prot;
    return slots[i].page;
}

uaddr_t paging_next(uaddr_t from, uaddr_t to) {
    while (from < to && !paging_lookup(from, NULL))
        from += PAGE_SIZE;
    return from;
}

/* As the hardware and the fault handler: a page that does not allow the access faults, once. */
static uint8_t *touch(uaddr_t address, enum access access) {
    int needed = access == ACCESS_WRITE ? PROT_WRITE : ~0, prot = 0;
    uint8_t *page = paging_lookup(address, &prot);

    if (!page || !(prot & needed)) {
        if (space_fault(address, access) != 0)
            return NULL;
        page = paging_lookup(address, &prot);
        CHECK(page && (prot & needed));
    }
    return page + (address & PAGE_MASK);
}

size_t user_copy(void *to, const void *from, size_t size) {
    bool writing =
        (uaddr_t)to < SPACE_TOP && (uaddr_t)to >= SPACE_BOTTOM && area_find((uaddr_t)to) != NULL;

    for (size_t i = 0; i < size; i++) {
        uaddr_t user = (uaddr_t)(writing ? to : from) + i;
        uint8_t *byte = touch(user, writing ? ACCESS_WRITE : ACCESS_READ);

        if (!byte)
            return size - i;
        if (writing)
            *byte = ((const uint8_t *)from)[i];
        else
            ((uint8_t *)to)[i] = *byte;
    }
    return 0;
}

size_t user_clear(void *to, size_t size) {
    (void)to;
    return size;
}

void file_get(struct file *file) {
    file->references++;
}

void file_put(struct file *file) {
    CHECK(file->references > 0);
    file->references--;
}

#define FILE_PAGES 24
static uint8_t *file_pages[FILE_PAGES];
static uint8_t file_bytes[FILE_PAGES]; /* what each must hold */

static void *file_page(struct file *file, uint64_t index) {
    (void)file;
    if (index >= FILE_PAGES)
        return NULL;
    page_get(file_pages[index]);
    return file_pages[index];
}

static const struct file_ops ops = {.page = file_page};
static struct inode inode = {.number = 7};
static struct file file = {.ops = &ops, .flags = O_RDWR, .inode = &inode};
static struct file read_only = {.ops = &ops, .flags = O_RDONLY, .inode = &inode};

#define BASE UINT64_C(0x10000000)
#define WINDOW 48
#define BEYOND (-1)

enum type { NONE, ANONYMOUS, PRIVATE, SHARED };
static struct {
    enum type type;
    int prot, file_page;
    bool own; /* PRIVATE: written to, holds `value` */
    uint8_t value;
} model[WINDOW];

static int expected_byte(int page) {
    if (model[page].type == ANONYMOUS || model[page].own)
        return model[page].value;
    return model[page].file_page < FILE_PAGES ? file_bytes[model[page].file_page] : BEYOND;
}

static void check_areas(void) {
    for (size_t i = 0; i < area_count; i++) {
        CHECK(areas[i].start < areas[i].end);
        CHECK(i == 0 || areas[i - 1].end <= areas[i].start);
    }
    for (int page = 0; page < WINDOW; page++) {
        const struct area *area = area_find(BASE + page * PAGE_SIZE);

        CHECK((area != NULL) == (model[page].type != NONE));
        CHECK(!area || area->prot == model[page].prot);
    }
    for (int i = 0; i < FILE_PAGES; i++)
        CHECK_EQUAL(file_pages[i][0], file_bytes[i]);
    CHECK_EQUAL(space_resident(), mapped_count * PAGE_SIZE);
    CHECK_EQUAL(file.references + read_only.references, ({
                    size_t with_file = 0;
                    for (size_t i = 0; i < area_count; i++)
                        with_file += areas[i].file != NULL;
                    with_file;
                }));
}

static void check_byte(int page) {
    uint8_t got = 0;
    bool readable = model[page].type != NONE && model[page].prot != 0;
    int expected = readable ? expected_byte(page) : BEYOND;
    int error = copy_from_user(&got, BASE + page * PAGE_SIZE, 1);

    CHECK_EQUAL(error, expected == BEYOND ? -EFAULT : 0);
    CHECK(expected == BEYOND || got == expected);
}

static void write_byte(int page, uint8_t value) {
    bool beyond = model[page].type > ANONYMOUS && model[page].file_page >= FILE_PAGES;
    bool writable = model[page].type != NONE && (model[page].prot & PROT_WRITE) && !beyond;

    CHECK_EQUAL(copy_to_user(BASE + page * PAGE_SIZE, &value, 1), writable ? 0 : -EFAULT);
    if (!writable)
        return;
    if (model[page].type == SHARED)
        file_bytes[model[page].file_page] = value;
    model[page].own = model[page].type == PRIVATE;
    model[page].value = value;
}

static int random_below(int limit) {
    return rand() % limit;
}

static int random_prot(void) {
    static const int prots[] = {0, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC};

    return prots[random_below(4)];
}

static void random_map(int first, int count) {
    enum type type = ANONYMOUS + random_below(3);
    int prot = random_prot(), from = random_below(FILE_PAGES - 4);
    int flags = MAP_FIXED | (type == SHARED ? MAP_SHARED : MAP_PRIVATE) |
                (random_below(4) ? 0 : MAP_POPULATE);
    struct file *of = type == ANONYMOUS ? NULL : &file;

    CHECK_EQUAL(space_map(BASE + first * PAGE_SIZE, count * PAGE_SIZE - random_below(100), prot,
                          flags, of, from * PAGE_SIZE),
                BASE + first * PAGE_SIZE);
    for (int i = 0; i < count; i++) {
        model[first + i].type = type;
        model[first + i].prot = prot;
        model[first + i].file_page = from + i;
        model[first + i].own = false;
        model[first + i].value = 0;
        /* What is filled beforehand for writing is a copy already. */
        if (type == PRIVATE && (flags & MAP_POPULATE) && (prot & PROT_WRITE)) {
            model[first + i].value = (uint8_t)expected_byte(first + i);
            model[first + i].own = from + i < FILE_PAGES;
        }
    }
}

static void random_protect(int first, int count) {
    int prot = random_prot();
    bool covered = true;

    for (int i = 0; i < count; i++)
        covered &= model[first + i].type != NONE;
    CHECK_EQUAL(space_protect(BASE + first * PAGE_SIZE, count * PAGE_SIZE, prot),
                covered ? 0 : -ENOMEM);
    for (int i = 0; covered && i < count; i++)
        model[first + i].prot = prot;
}

static void random_discard(int first, int count) {
    bool covered = true;

    for (int i = 0; i < count; i++) {
        covered &= model[first + i].type != NONE;
        model[first + i].own = false;
        if (model[first + i].type == ANONYMOUS)
            model[first + i].value = 0;
    }
    CHECK_EQUAL(space_discard(BASE + first * PAGE_SIZE, count * PAGE_SIZE), covered ? 0 : -ENOMEM);
}

/* Within one area only, to a place that does not overlap. */
static void random_move(int first, int count) {
    const struct area *area = area_find(BASE + first * PAGE_SIZE);
    uaddr_t end = BASE + (first + count) * PAGE_SIZE;
    int to = random_below(WINDOW - count), kept = 1 + random_below(count);

    if (!area || area->end < end || (to < first + count && first < to + count))
        return;
    CHECK_EQUAL(space_remap(BASE + first * PAGE_SIZE, count * PAGE_SIZE, kept * PAGE_SIZE, 3,
                            BASE + to * PAGE_SIZE),
                BASE + to * PAGE_SIZE);
    for (int i = 0; i < count; i++) {
        if (i < kept)
            model[to + i] = model[first + i];
        model[first + i].type = NONE;
    }
}

static void test_model(void) {
    for (int step = 0; step < 30000; step++) {
        int first = random_below(WINDOW - 12), count = 1 + random_below(12);

        switch (random_below(10)) {
        case 0:
            random_map(first, count);
            break;
        case 1:
            CHECK_EQUAL(space_unmap(BASE + first * PAGE_SIZE, count * PAGE_SIZE), 0);
            for (int i = 0; i < count; i++)
                model[first + i].type = NONE;
            break;
        case 2:
            random_protect(first, count);
            break;
        case 3:
            random_discard(first, count);
            break;
        case 4:
            random_move(first, count);
            break;
        case 5:
        case 6:
            write_byte(first, (uint8_t)step);
            break;
        default:
            check_byte(first);
        }
        check_areas();
    }
    for (int page = 0; page < WINDOW; page++)
        check_byte(page);
    CHECK_EQUAL(space_unmap(BASE, WINDOW * PAGE_SIZE), 0);
    memset(model, 0, sizeof(model));
    check_areas();
    CHECK_EQUAL(mapped_count, 0);
    CHECK_EQUAL(shim_pages_in_use(), FILE_PAGES);
}

static int64_t map_anonymous(uaddr_t address, uint64_t pages, int prot, int flags) {
    return space_map(address, pages * PAGE_SIZE, prot, MAP_PRIVATE | flags, NULL, 0);
}

static void test_refusals(void) {
    CHECK_EQUAL(map_anonymous(0x1000, 1, PROT_READ, MAP_FIXED), -EPERM);
    CHECK_EQUAL(map_anonymous(0, 1, PROT_READ, MAP_FIXED), -EPERM);
    CHECK_EQUAL(map_anonymous(BASE + 1, 1, PROT_READ, MAP_FIXED), -EINVAL);
    CHECK_EQUAL(map_anonymous(BASE, 0, PROT_READ, 0), -EINVAL);
    CHECK_EQUAL(map_anonymous(SPACE_TOP - PAGE_SIZE, 2, PROT_READ, MAP_FIXED), -ENOMEM);
    CHECK_EQUAL(map_anonymous(0, 1, PROT_WRITE | PROT_EXEC, 0), -EACCES);
    CHECK_EQUAL(map_anonymous(0, 4097, PROT_WRITE, 0), -ENOMEM);
    CHECK(map_anonymous(0, 4097, PROT_WRITE, MAP_NORESERVE) > 0);
    CHECK_EQUAL(space_map(0, PAGE_SIZE, PROT_WRITE, MAP_SHARED, &read_only, 0), -EACCES);
    CHECK_EQUAL(space_map(0, PAGE_SIZE, PROT_READ, MAP_SHARED, &read_only, 1), -EINVAL);
    int64_t at = space_map(0, PAGE_SIZE, PROT_READ, MAP_SHARED, &read_only, 0);
    CHECK_EQUAL(space_protect(at, PAGE_SIZE, PROT_READ | PROT_WRITE), -EACCES);
    CHECK_EQUAL(space_protect(at, PAGE_SIZE, PROT_EXEC | PROT_WRITE), -EACCES);
    CHECK_EQUAL(map_anonymous(at, 1, PROT_READ, MAP_FIXED_NOREPLACE), -EEXIST);
    CHECK_EQUAL(space_find_file(0, 7), at);
    CHECK_EQUAL(space_find_file(0, 8), 0);
    CHECK_EQUAL(space_find_file(1, 7), 0);
    CHECK_EQUAL(space_unmap(at, PAGE_SIZE), 0);
    CHECK_EQUAL(space_unmap(at, 0), -EINVAL);
    CHECK_EQUAL(space_unmap(at + 5, PAGE_SIZE), -EINVAL);
    CHECK_EQUAL(space_fault(SPACE_TOP + 5, ACCESS_READ), -EFAULT);
}

static void test_growing_in_place_and_by_moving(void) {
    uint8_t value = 9, got = 0;
    int64_t at = map_anonymous(BASE, 2, PROT_READ | PROT_WRITE, MAP_FIXED);

    CHECK_EQUAL(copy_to_user(at + PAGE_SIZE, &value, 1), 0);
    CHECK_EQUAL(space_remap(at, 2 * PAGE_SIZE, 4 * PAGE_SIZE, 0, 0), at);
    CHECK_EQUAL(space_remap(at, 4 * PAGE_SIZE, 3 * PAGE_SIZE, 0, 0), at);
    CHECK(map_anonymous(at + 3 * PAGE_SIZE, 1, PROT_READ, MAP_FIXED) > 0);
    CHECK_EQUAL(space_remap(at, 3 * PAGE_SIZE, 6 * PAGE_SIZE, 0, 0), -ENOMEM);
    size_t before = shim_pages_in_use();
    int64_t moved = space_remap(at, 3 * PAGE_SIZE, 6 * PAGE_SIZE, 1, 0);
    CHECK(moved > 0 && moved != at);
    CHECK_EQUAL(shim_pages_in_use(), before);
    CHECK_EQUAL(copy_from_user(&got, moved + PAGE_SIZE, 1), 0);
    CHECK_EQUAL(got, 9);
    CHECK_EQUAL(copy_from_user(&got, at, 1), -EFAULT);
    CHECK_EQUAL(space_remap(at, PAGE_SIZE, PAGE_SIZE, 1, 0), -EFAULT);
}

static void test_neighbours_of_a_file_come_along(void) {
    int64_t at = space_map(BASE * 2, 20 * PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_FIXED, &file, 0);
    size_t before = mapped_count;

    CHECK_EQUAL(space_fault(at + 3 * PAGE_SIZE, ACCESS_READ), 0);
    CHECK_EQUAL(mapped_count, before + 16);
    CHECK_EQUAL(space_unmap(at, 20 * PAGE_SIZE), 0);
    CHECK_EQUAL(mapped_count, before);
}

static void test_break(void) {
    uaddr_t start;
    uint32_t value = 5;

    space_set_break(0x40000123);
    start = space_break(0);
    CHECK(start >= 0x40000123 && start < 0x40001000 + (32 << 20));
    CHECK_EQUAL(space_break(start + 5000), start + 5000);
    CHECK_EQUAL(put_user(value, start + 4096), 0);
    CHECK_EQUAL(put_user(value, start + 8192), -EFAULT);
    CHECK_EQUAL(space_break(start - 1), start + 5000);
    CHECK_EQUAL(space_break(start + (UINT64_C(5000) << PAGE_SHIFT)), start + 5000);
    CHECK_EQUAL(space_break(start), start);
    CHECK_EQUAL(put_user(value, start), -EFAULT);
}

static void test_stack_and_guard(void) {
    uint64_t value = 1;
    uaddr_t top = space_map_stack();

    CHECK(top > 0 && top < SPACE_TOP);
    CHECK_EQUAL(put_user(value, top - 8), 0);
    CHECK_EQUAL(put_user(value, top - SPACE_STACK_SIZE), 0);
    CHECK_EQUAL(put_user(value, top - SPACE_STACK_SIZE - 8), -EFAULT);
    CHECK_EQUAL(put_user(value, top - 4), -EFAULT);
    CHECK_EQUAL(space_explain(top - SPACE_STACK_SIZE - 8), SPACE_FAULT_STACK);
    CHECK_EQUAL(space_explain(top - 4096), SPACE_FAULT_DENIED);
    CHECK_EQUAL(space_explain(top), SPACE_FAULT_NOTHING);
    CHECK_EQUAL(space_map_stack(), 0);
}

static void test_scattered_transfer(void) {
    int64_t at = map_anonymous(BASE * 3, 2, PROT_READ | PROT_WRITE, MAP_FIXED);
    struct iovec vector[] = {{at, 3}, {0x100, 0}, {at + PAGE_SIZE, 4}, {0x100, 4}};
    char text[32] = "", got[8];
    struct io io;

    io_init(&io, vector, 4);
    CHECK_EQUAL(io.left, 11);
    CHECK_EQUAL(io_to_user(&io, "ab", 2), 2);
    CHECK_EQUAL(io_to_user(&io, "cdef", 4), 4);
    CHECK_EQUAL(io_to_user(&io, "ghij", 4), 1);
    CHECK_EQUAL(io_to_user(&io, "hij", 3), -EFAULT);
    CHECK_EQUAL(string_from_user(text, at, sizeof(text)), 3);
    CHECK_EQUAL(strcmp(text, "abc"), 0);
    CHECK_EQUAL(string_from_user(text, at, 3), -ENAMETOOLONG);
    CHECK_EQUAL(string_from_user(text, 0x100, 3), -EFAULT);
    CHECK_EQUAL(copy_from_user(got, at + PAGE_SIZE, 5), 0);
    CHECK_EQUAL(strcmp(got, "defg"), 0);
    CHECK_EQUAL(copy_from_user(got, SPACE_TOP - 2, 4), -EFAULT);
    CHECK_EQUAL(copy_from_user(got, ~UINT64_C(0) - 1, 4), -EFAULT);
}

int main(void) {
    srand(1);
    mm_init();
    for (int i = 0; i < FILE_PAGES; i++) {
        file_pages[i] = page_alloc();
        file_pages[i][0] = file_bytes[i] = (uint8_t)(i + 1);
    }
    RUN(test_model);
    RUN(test_refusals);
    RUN(test_growing_in_place_and_by_moving);
    RUN(test_neighbours_of_a_file_come_along);
    RUN(test_break);
    RUN(test_stack_and_guard);
    RUN(test_scattered_transfer);
    return 0;
}
