/* Behind the seal: the start-up of a machine whose memory is there already. The steps are those of
 * core/main.c; what only makes things in memory is left out. */
#include "abi/control.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/memory.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/pvh.h"
#include "arch/x86_64/trap.h"
#include "core/boot.h"
#include "core/clock.h"
#include "core/main.h"
#include "core/pages.h"
#include "core/panic.h"
#include "core/print.h"
#include "core/random.h"
#include "core/stamps.h"
#include "core/start.h"
#include "core/string.h"
#include "core/thread.h"
#include "drivers/uart/uart.h"
#include "fs/fs.h"
#include "seal/internal.h"
#include "seal/seal.h"

SET_DECLARE(continues, const struct start *);

static struct pvh_boot before; /* the sealed machine's */

static void continue_libraries(enum start_stage stage) {
    SET_FOR_EACH(continues, const struct start *, member)
    if ((*member)->stage == stage)
        (*member)->run();
}

/* The end of the RAM that all of the range lies in. */
static uint64_t ram_end(uint64_t start, uint64_t end) {
    for (size_t i = 0; i < pvh.ram_count; i++)
        if (start >= pvh.ram[i].start && end <= pvh.ram[i].end)
            return pvh.ram[i].end;
    panic("the machine has less memory than was in use when it was sealed");
}

/* All that was in use is there, and the module is in none of it. What was not may be missing: there
 * is less memory, or firmware keeps some. */
static void check_memory(void) {
    struct memory_range kernel;
    struct page_span span;
    uint64_t module_end = pvh.module + pvh.module_size;

    memory_known(0, &kernel);
    ram_end(kernel.start, kernel.end);
    for (size_t i = 0; pages_span(i, &span); i++) {
        uint64_t end = ram_end(span.start, span.fresh);

        if (end < span.end)
            pages_cut(i, end);
        if (pvh.module < span.fresh && module_end > span.start)
            panic("the boot configuration lies in the memory that was sealed");
    }
}

/* What the sealed machine did not have is not in the direct map yet. */
static void map_new(uint64_t start, uint64_t end) {
    if (start >= end)
        return;
    for (size_t i = 0; i < before.ram_count; i++)
        if (before.ram[i].start < end && before.ram[i].end > start) {
            map_new(start, before.ram[i].start);
            map_new(before.ram[i].end, end);
            return;
        }
    paging_map_ram(start, end);
}

/* Nothing is given away where it is the same memory: all but the sealed module's few pages is
 * there. The first MiB stays as it is: clearing it takes longer than it is worth. */
static bool add_memory(void) {
    if (memcmp(pvh.ram, before.ram, sizeof(pvh.ram)) == 0)
        return false;
    for (size_t i = 0; i < pvh.ram_count; i++)
        map_new(pvh.ram[i].start, pvh.ram[i].end);
    memory_add_low();
    memory_add_high();
    return true;
}

static void stop_if_foreign(void) {
    const char *lacking = seal_processor_lacks(&seal_processor);

    if (lacking == NULL)
        return;
    print("meshkernel: this processor cannot go on with the sealed image: it lacks %s of the one "
          "that it was sealed on\n",
          lacking);
    machine_stop(EXIT_OTHER_PROCESSOR, 0);
}

/* On the stack of the one thread, below the registers that it returns with. */
__attribute__((optimize("no-stack-protector"))) static noreturn void go_on(void) {
    start_processor();         /* ways in, interrupts */
    bool grown = add_memory(); /* what the sealed machine did not have */
    read_configuration();      /* what this machine is for */
    if (grown)
        memory_add_module();
    clock_continue(); /* time goes on */
    if (boot.wall)
        clock_set_realtime(boot.wall, clock_monotonic());
    random_init(); /* seed of the configuration, the CPU's own */
    fs_continue(); /* files of the configuration */
    continue_libraries(START_FILES);
    stamp(STAMP_DEVICES);
    continue_libraries(START_DEVICES); /* virtio: network, control channel, randomness, volumes */
    stop_if_foreign();                 /* the host can hear of it now */
    fs_check_volumes();
    random_require_seed();
    set_canary();
    continue_libraries(START_NETWORK); /* the interface, keys */
    stamp(STAMP_NETWORK);
    uart_start_input();
    clock_confirm(); /* whether the counter runs as the sealed one did */
    continue_libraries(START_PROGRAM);
    stamp(STAMP_PROGRAM);
    return_to_user(current->user_frame);
}

noreturn void seal_continue(uint32_t start_info) {
    uart_init(); /* so that a panic can be seen */
    cpu_init();  /* control registers, as CPUID allows, and extended state */
    before = pvh;
    pvh_read(start_info);
    check_memory();
    paging_load(); /* the low half is the application's again */
    __asm__ volatile("movq %0, %%rsp\n\txorl %%ebp, %%ebp\n\tcall *%1"
                     :
                     : "r"(current->user_frame), "r"(go_on)
                     : "memory");
    __builtin_unreachable();
}
