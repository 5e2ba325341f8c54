/* Start-up: everything in the order in which it can be used. What goes on behind a seal has a list
 * of its own (seal/continue.c), with the same steps where the machine is concerned. */
#include "core/main.h"

#include "arch/x86_64/apic.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/memory.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/pvh.h"
#include "arch/x86_64/traps.h"
#include "arch/x86_64/tsc.h"
#include "core/boot.h"
#include "core/clock.h"
#include "core/pages.h"
#include "core/print.h"
#include "core/random.h"
#include "core/stamps.h"
#include "core/start.h"
#include "core/thread.h"
#include "drivers/uart/uart.h"
#include "fs/fs.h"
#include "linux/process.h"
#include "mm/space.h"

void *boot_early(uint32_t start_info);
noreturn void kernel_main(void);

extern uintptr_t __stack_chk_guard;
uintptr_t __stack_chk_guard = UINT64_C(0x595e9fbd94fda766); /* until there is randomness */

static void *first_stack;

uint64_t start_stamps[STAMPS];

/* On the small stack of boot.S: no further than is needed for a better one. */
void *boot_early(uint32_t start_info) {
    uart_init();          /* so that a panic can be seen */
    cpu_init();           /* control registers, as CPUID allows, and extended state */
    pvh_read(start_info); /* the memory map, before anything overwrites it */
    memory_add_low();     /* pages of the first GiB */
    paging_init();        /* exact protections; the low half is empty from here on */
    memory_add_high();    /* all other pages */
    first_stack = kernel_stack_alloc();
    if (first_stack == NULL)
        panic("the machine has too little memory to start");
    return first_stack;
}

void read_configuration(void) {
    if (pvh.module_size == 0)
        panic("there is no boot configuration: pass it as the first module (QEMU: -initrd)");
    boot_parse(direct_of(pvh.module), pvh.module_size);
    memory_clear_module(); /* it held secrets */
}

/* In a machine for sealing it belongs to those that go on. */
static void give_rest(void) {
    if (boot.seal)
        return;
    memory_add_module();
    memory_add_lowest();
}

/* No frame of a caller may be checked against the old canary either. */
__attribute__((optimize("no-stack-protector"))) void set_canary(void) {
    uintptr_t canary;
    random_bytes(&canary, sizeof canary);
    __stack_chk_guard = canary & ~UINT64_C(0xff); /* a string that runs over it ends there */
}

void start_processor(void) {
    traps_load();        /* from here a fault explains itself */
    apic_init();         /* interrupts, all masked, and the timer's counter */
    tsc_measure_start(); /* the longer it has, the better the measurement */
    syscall_init();      /* the way in */
}

static void first_thread(void *argument) {
    (void)argument;
    exec_first();
}

static void start_program(void) {
    struct thread *thread = thread_create("main", first_thread, NULL);
    if (thread == NULL)
        panic("the machine has too little memory to start a program");
    thread->tid = process_id;
    thread_wake(thread, 0);
}

__attribute__((optimize("no-stack-protector"))) noreturn void kernel_main(void) {
    threads_init(first_stack);
    traps_init();         /* stacks for interrupts and faults */
    start_processor();    /* ways in, interrupts */
    read_configuration(); /* what this machine is for */
    give_rest();          /* all memory that is left */
    clock_init();         /* time runs */
    if (boot.wall)
        clock_set_realtime(boot.wall, 0);
    random_init();                /* seed of the configuration, the CPU's own */
    fs_init();                    /* image, /dev */
    start_libraries(START_FILES); /* /tmp, /proc, local sockets */
    fs_complete();                /* files of the configuration, the working directory */
    stamp(STAMP_DEVICES);
    start_libraries(START_DEVICES); /* virtio: network, control channel, randomness, volumes */
    fs_check_volumes();             /* /data and its like came with the devices */
    random_require_seed();          /* or else not a step further */
    set_canary();
    mm_init();                      /* where in the address space things will lie: at random */
    start_libraries(START_NETWORK); /* TCP/IP */
    stamp(STAMP_NETWORK);
    uart_start_input();             /* what is typed at the console */
    clock_refine();                 /* all of the above was time to measure */
    start_libraries(START_PROGRAM); /* the host's time; before, a timer would disturb the measure */
    start_program();
    thread_exit();
}
