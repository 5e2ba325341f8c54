/* Which memory goes to the allocator, in a machine that starts and in one that goes on with more.
 */
#include "arch/x86_64/memory.h"

#include "check.h"
#include "core/pages.h"

#define MIB UINT64_C(0x100000)
#define GIB (MIB << 10)
#define KERNEL (1 * MIB)
#define IMAGE_END (5 * MIB)

struct pvh_boot pvh;
char kernel_start[1], image_end[1];

static char lowest[640 * 1024];
static struct page_span spans[32];
static size_t span_count;

uint64_t phys_of(const void *place) {
    return place == kernel_start ? KERNEL : IMAGE_END - 100;
}

void *direct_of(uint64_t phys) {
    CHECK(phys < sizeof lowest);
    return lowest + phys;
}

void pages_add_range(uint64_t start, uint64_t end) {
    CHECK(start < end);
    for (size_t i = 0; i < span_count; i++)
        CHECK(end <= spans[i].start || start >= spans[i].end);
    CHECK(end <= KERNEL || start >= IMAGE_END);
    spans[span_count++] = (struct page_span){start, start, end};
}

bool pages_span(size_t index, struct page_span *span) {
    if (index < span_count)
        *span = spans[index];
    return index < span_count;
}

static bool has(uint64_t start, uint64_t end) {
    for (size_t i = 0; i < span_count; i++)
        if (spans[i].start == start && spans[i].end == end)
            return true;
    return false;
}

static void machine(uint64_t size, uint64_t module) {
    pvh = (struct pvh_boot){.ram = {{0, sizeof lowest}, {MIB, MIN(size, 3 * GIB)}},
                            .ram_count = 2,
                            .module = module,
                            .module_size = 1000};
    if (size > 3 * GIB)
        pvh.ram[pvh.ram_count++] = (struct memory_range){4 * GIB, 4 * GIB + size - 3 * GIB};
}

static void forget(void) {
    span_count = 0;
}

static void a_machine_that_starts_gets_all(void) {
    forget();
    machine(64 * MIB, 63 * MIB + 123);
    memset(lowest, 7, sizeof lowest);
    memory_add_low();
    memory_add_high();
    CHECK_EQUAL(span_count, 1);
    CHECK(has(IMAGE_END, 63 * MIB));
    memory_add_module();
    memory_add_lowest();
    CHECK_EQUAL(span_count, 3);
    CHECK(has(63 * MIB, 64 * MIB));
    CHECK(has(PAGE_SIZE, sizeof lowest));
    for (size_t i = 0; i < sizeof lowest; i++)
        CHECK_EQUAL(lowest[i], 0);
    CHECK_EQUAL(memory_installed(), 64 * MIB);
}

/* In the sealed one the last MiB was the module's. */
static void sealed(void) {
    forget();
    machine(64 * MIB, 63 * MIB);
    memory_add_low();
    memory_add_high();
    CHECK_EQUAL(span_count, 1);
}

static void one_that_goes_on_gets_what_is_new(void) {
    sealed();
    machine(128 * MIB, 127 * MIB);
    memory_add_low();
    memory_add_high();
    CHECK_EQUAL(span_count, 2);
    CHECK(has(63 * MIB, 127 * MIB));
    memory_add_module();
    CHECK_EQUAL(span_count, 3);
    CHECK(has(127 * MIB, 128 * MIB));
}

static void a_larger_module_is_left_out(void) {
    sealed();
    machine(64 * MIB, 60 * MIB);
    memory_add_low();
    memory_add_high();
    CHECK_EQUAL(span_count, 1);
    memory_add_module();
    CHECK_EQUAL(span_count, 2);
    CHECK(has(63 * MIB, 64 * MIB));
}

static void memory_above_the_hole_is_new(void) {
    sealed();
    machine(6 * GIB, 3 * GIB - MIB);
    memory_add_low();
    memory_add_high();
    memory_add_module();
    CHECK_EQUAL(span_count, 5);
    CHECK(has(63 * MIB, GIB) && has(GIB, 3 * GIB - MIB) && has(3 * GIB - MIB, 3 * GIB) &&
          has(4 * GIB, 7 * GIB));
}

static void what_is_known_is_told(void) {
    struct memory_range known;
    sealed();
    CHECK(memory_known(0, &known) && known.start == KERNEL && known.end == IMAGE_END);
    CHECK(memory_known(1, &known) && known.start == IMAGE_END && known.end == 63 * MIB);
    CHECK(!memory_known(2, &known));
}

int main(void) {
    RUN(a_machine_that_starts_gets_all);
    RUN(one_that_goes_on_gets_what_is_new);
    RUN(a_larger_module_is_left_out);
    RUN(memory_above_the_hole_is_new);
    RUN(what_is_known_is_told);
    return 0;
}
