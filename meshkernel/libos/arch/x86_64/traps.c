/* Exceptions: whose fault is it? The application's page faults are filled in, its other faults
 * become signals; ours end the machine, except where the exception table knows a way on. */
#include "arch/x86_64/traps.h"

#include "arch/x86_64/apic.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/layout.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/tlb.h"
#include "arch/x86_64/trap.h"
#include "arch/x86_64/xsave.h"
#include "core/panic.h"
#include "core/print.h"
#include "core/thread.h"
#include "linux/signal.h"
#include "mm/space.h"

#define VECTOR_DIVIDE 0
#define VECTOR_DEBUG 1
#define VECTOR_NMI 2
#define VECTOR_BREAKPOINT 3
#define VECTOR_INVALID_OPCODE 6
#define VECTOR_DOUBLE_FAULT 8
#define VECTOR_STACK 12
#define VECTOR_PROTECTION 13
#define VECTOR_PAGE_FAULT 14
#define VECTOR_X87 16
#define VECTOR_ALIGNMENT 17
#define VECTOR_MACHINE_CHECK 18
#define VECTOR_SIMD 19
#define VECTORS 80 /* as many as entry.S has stubs */
#define STUB_SIZE 16

#define BUS_ADRALN 1
#define FPE_FLTINV 7

/* Page-fault error code. */
#define FAULT_PRESENT 1u
#define FAULT_WRITE 2u
#define FAULT_RESERVED 8u
#define FAULT_FETCH 16u

enum { IST_INTERRUPT = 1, IST_FAULT, IST_DOUBLE_FAULT, IST_NMI, IST_MACHINE_CHECK, IST_COUNT };

struct gate {
    uint16_t offset_0, selector;
    uint8_t ist, type;
    uint16_t offset_16;
    uint32_t offset_32, reserved;
};

struct tss {
    uint32_t reserved_0;
    uint64_t rsp[3], ist[8], reserved_1; /* ist[0] is reserved */
    uint16_t reserved_3, io_map;
} __attribute__((packed));

struct table_pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

#define GATE_INTERRUPT 0x8e
/* Marked as accessed: else the CPU writes there. */
#define GDT_CODE UINT64_C(0x00af9b000000ffff)
#define GDT_DATA UINT64_C(0x00cf93000000ffff)
#define GDT_TSS_PRESENT UINT64_C(0x0000890000000000)
#define TSS_SELECTOR 0x18

static struct gate idt[256];
static struct tss tss;
static uint64_t gdt[5] = {0, GDT_CODE, GDT_DATA};

extern char trap_stubs[];
extern const struct {
    uint64_t at, then;
} exception_table_start[], exception_table_end[];

void cpu_load_tables(const void *gdt_pointer, const void *idt_pointer, uint16_t tss_selector);
noreturn void frame_resume(struct trap_frame *frame);
struct trap_frame *trap_dispatch(struct trap_frame *frame);
void trap_on_thread(struct trap_frame *frame);

/* What trap_on_thread is to do: written on an IST stack, read on the thread's right behind. */
static struct {
    int signal, code;
    uaddr_t address;
} deferred;

static unsigned ist_of(unsigned vector) {
    switch (vector) {
    case VECTOR_DOUBLE_FAULT:
        return IST_DOUBLE_FAULT;
    case VECTOR_NMI:
        return IST_NMI;
    case VECTOR_MACHINE_CHECK:
        return IST_MACHINE_CHECK;
    default:
        return vector < 32 ? IST_FAULT : IST_INTERRUPT;
    }
}

static void gate_set(unsigned vector) {
    uint64_t entry = (uint64_t)trap_stubs + (uint64_t)vector * STUB_SIZE;
    idt[vector] = (struct gate){.offset_0 = (uint16_t)entry,
                                .selector = KERNEL_CS,
                                .ist = (uint8_t)ist_of(vector),
                                .type = GATE_INTERRUPT,
                                .offset_16 = (uint16_t)(entry >> 16),
                                .offset_32 = (uint32_t)(entry >> 32)};
}

void traps_init(void) {
    for (unsigned i = 1; i < IST_COUNT; i++) {
        tss.ist[i] = (uint64_t)kernel_stack_alloc();
        if (tss.ist[i] == 0)
            panic("the machine has too little memory for its stacks");
    }
    tss.io_map = sizeof tss;
    for (unsigned vector = 0; vector < VECTORS; vector++)
        gate_set(vector);
}

void traps_load(void) {
    uint64_t base = (uint64_t)&tss;
    gdt[3] =
        GDT_TSS_PRESENT | (sizeof tss - 1) | (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56;
    gdt[4] = base >> 32; /* written anew: loading a busy one faults */
    struct table_pointer gdt_pointer = {sizeof gdt - 1, (uint64_t)gdt};
    struct table_pointer idt_pointer = {sizeof idt - 1, (uint64_t)idt};
    cpu_load_tables(&gdt_pointer, &idt_pointer, TSS_SELECTOR);
}

/* Both must hold: a wild jump of ours leaves our text, but not our stack. */
static bool from_application(const struct trap_frame *frame) {
    bool in_text = frame->rip >= (uint64_t)kernel_start && frame->rip < (uint64_t)text_end;
    return current != NULL && !in_text && frame->rsp < USER_END;
}

static struct trap_frame *to_thread(const struct trap_frame *frame) {
    *current->user_frame = *frame;
    return current->user_frame;
}

static struct trap_frame *to_signal(const struct trap_frame *frame, int signal, int code,
                                    uaddr_t address) {
    deferred.signal = signal;
    deferred.code = code;
    deferred.address = address;
    return to_thread(frame);
}

static bool fixed_up(struct trap_frame *frame) {
    for (size_t i = 0; &exception_table_start[i] < exception_table_end; i++)
        if (exception_table_start[i].at == frame->rip) {
            frame->rip = exception_table_start[i].then;
            return true;
        }
    return false;
}

static bool may_fix_up(const struct trap_frame *frame) {
    struct trap_frame probe = *frame;
    return fixed_up(&probe);
}

static enum access access_of(uint64_t error) {
    return error & FAULT_FETCH ? ACCESS_EXEC : error & FAULT_WRITE ? ACCESS_WRITE : ACCESS_READ;
}

static noreturn void our_page_fault(struct trap_frame *frame, uint64_t address) {
    if (kernel_stack_guard(address))
        panic_trap("a stack of the library OS overflowed", frame);
    if (address < PAGE_SIZE)
        panic_trap("the library OS followed a null pointer", frame);
    panic_trap("page fault in the library OS", frame);
}

static struct trap_frame *page_fault(struct trap_frame *frame) {
    static bool busy;
    uint64_t address = read_cr2();
    bool application = from_application(frame);
    if (busy || (!application && !may_fix_up(frame)))
        our_page_fault(frame, address);
    bool resolved = false;
    if (address < USER_END && !(frame->error & FAULT_RESERVED)) {
        busy = true;
        resolved = space_fault(address, access_of(frame->error)) == 0;
        busy = false;
        tlb_event();
    }
    if (resolved || (!application && fixed_up(frame)))
        return frame;
    return to_signal(frame, SIGSEGV, frame->error & FAULT_PRESENT ? SEGV_ACCERR : SEGV_MAPERR,
                     address);
}

static const struct {
    const char *sentence;
    int signal, code;
} exceptions[32] = {
    [VECTOR_DIVIDE] = {"division error in the library OS", SIGFPE, FPE_INTDIV},
    [VECTOR_DEBUG] = {"debug exception in the library OS", SIGTRAP, TRAP_BRKPT},
    [VECTOR_BREAKPOINT] = {"breakpoint in the library OS", SIGTRAP, TRAP_BRKPT},
    [VECTOR_INVALID_OPCODE] = {"invalid instruction in the library OS", SIGILL, ILL_ILLOPN},
    [VECTOR_STACK] = {"stack fault in the library OS", SIGBUS, BUS_ADRERR},
    [VECTOR_PROTECTION] = {"general protection fault in the library OS", SIGSEGV, SI_KERNEL},
    [VECTOR_X87] = {"x87 exception in the library OS", SIGFPE, FPE_INTDIV},
    [VECTOR_ALIGNMENT] = {"alignment fault in the library OS", SIGBUS, BUS_ADRALN},
    [VECTOR_SIMD] = {"SIMD exception in the library OS", SIGFPE, FPE_FLTINV},
};

static struct trap_frame *exception(struct trap_frame *frame) {
    uint64_t vector = frame->number;
    if (vector == VECTOR_NMI)
        panic_trap("the host ended the service, which did not answer (non-maskable interrupt)",
                   frame);
    if (vector == VECTOR_MACHINE_CHECK)
        panic_trap("the processor reported a machine check", frame);
    if (vector == VECTOR_DOUBLE_FAULT)
        panic_trap("a fault could not be handled (double fault)", frame);
    if (from_application(frame) && exceptions[vector].signal)
        return to_signal(frame, exceptions[vector].signal, exceptions[vector].code,
                         exceptions[vector].code == SI_KERNEL ? 0 : frame->rip);
    if (vector == VECTOR_PROTECTION && fixed_up(frame))
        return frame;
    const char *sentence = exceptions[vector].sentence;
    panic_trap(sentence ? sentence : "an unexpected exception", frame);
}

struct trap_frame *trap_dispatch(struct trap_frame *frame) {
    if (frame->number == VECTOR_PAGE_FAULT)
        return page_fault(frame);
    if (frame->number < 32)
        return exception(frame);
    interrupt_dispatch((unsigned)frame->number);
    tlb_event();
    /* In idle there is nothing to preempt: schedule() looks again by itself. */
    if (!from_application(frame) || !(thread_preempt_due() || signal_due()))
        return frame;
    return to_thread(frame);
}

void trap_on_thread(struct trap_frame *frame) {
    if (frame->number < 32) {
        signal_fault(frame, deferred.signal, deferred.code, deferred.address);
    } else if (thread_preempt_due()) {
        schedule();
    }
    if (signal_due())
        signal_deliver(frame, SIGNAL_NO_CALL);
}

noreturn void return_to_user(const struct trap_frame *frame) {
    struct trap_frame *to = current->user_frame;
    current->application = true;
    xsave_switch(current); /* for a new thread the scheduler did not */
    if (to != frame)
        *to = *frame;
    to->cs = KERNEL_CS;
    to->ss = KERNEL_SS;
    to->rflags = (to->rflags & ~(uint64_t)(RFLAGS_TF | RFLAGS_IOPL)) | RFLAGS_FIXED | RFLAGS_IF;
    frame_resume(to);
}
