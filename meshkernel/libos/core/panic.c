/* Panic: one sentence, the registers, the system call, the Python stacks, the end. Works with the
 * heap in any state, and once more if it faults itself. */
#include "core/panic.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/memory.h"
#include "arch/x86_64/trap.h"
#include "core/clock.h"
#include "core/string.h"
#include "core/thread.h"
#include "linux/pystack.h"
#include "mm/space.h"

static void say(const char *text) {
    console_write(text, strlen(text));
}

static void say_number(uint64_t value, unsigned base) {
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = "0123456789abcdef"[value % base];
    while ((value /= base) != 0);
    console_write(digits + at, sizeof digits - at);
}

void panic_registers(const struct trap_frame *frame) {
    const struct {
        const char *name;
        uint64_t value;
    } registers[] = {
        {"rip", frame->rip}, {"rsp", frame->rsp},     {"rflags", frame->rflags},
        {"cr2", read_cr2()}, {"error", frame->error}, {"vector", frame->number},
        {"rax", frame->rax}, {"rbx", frame->rbx},     {"rcx", frame->rcx},
        {"rdx", frame->rdx}, {"rsi", frame->rsi},     {"rdi", frame->rdi},
        {"rbp", frame->rbp}, {"r8", frame->r8},       {"r9", frame->r9},
        {"r10", frame->r10}, {"r11", frame->r11},     {"r12", frame->r12},
        {"r13", frame->r13}, {"r14", frame->r14},     {"r15", frame->r15},
    };
    for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
        say(i % 3 == 0 ? (i ? "\nmeshkernel:   " : "meshkernel:   ") : "  ");
        say(registers[i].name);
        say(" ");
        say_number(registers[i].value, 16);
    }
    say("\n");
}

void (*machine_last_word)(enum control_exit_reason reason, uint32_t code);
void (*machine_drain)(nanos_t deadline);
void (*machine_flush)(void);

void panic_call(void) {
    const struct trap_frame *frame = current != NULL ? current->user_frame : NULL;
    if (frame == NULL || !syscall_running(frame))
        return;
    const uint64_t arguments[] = {frame->rdi, frame->rsi, frame->rdx,
                                  frame->r10, frame->r8,  frame->r9};
    const char *name = syscall_name(frame->number);
    say("meshkernel: in the system call ");
    if (name != NULL)
        say(name);
    else
        say_number(frame->number, 10);
    for (size_t i = 0; i < ARRAY_SIZE(arguments); i++) {
        say(i == 0 ? "(0x" : ", 0x");
        say_number(arguments[i], 16);
    }
    say(")\n");
}

noreturn void machine_stop(enum control_exit_reason reason, uint32_t code) {
    if (machine_last_word)
        machine_last_word(reason, code);
    cpu_reset();
}

/* Says the parts of the report; a fault in one of them comes back here and goes on with the next.
 */
static noreturn void report(const char *what, const char *sentence, const char *detail,
                            const struct trap_frame *frame) {
    static int depth;
    int stage = depth++;
    if (stage > 2)
        cpu_reset();
    say("meshkernel: ");
    say(what);
    say(": ");
    say(sentence);
    say(detail);
    say("\n");
    if (frame != NULL)
        panic_registers(frame);
    if (stage == 0)
        panic_call();
    if (stage == 0)
        python_stacks_print(current);
    if (stage <= 1)
        machine_stop(EXIT_PANIC, 0);
    cpu_reset();
}

noreturn void panic(const char *sentence) {
    report("panic", sentence, "", NULL);
}

noreturn void panic_trap(const char *sentence, const struct trap_frame *frame) {
    report("panic", sentence, "", frame);
}

noreturn void assert_failed(const char *condition, const char *file, int line) {
    say("meshkernel: ");
    say(file);
    say(":");
    say_number((uint64_t)line, 10);
    say("\n");
    report("panic", "an assertion does not hold: ", condition, NULL);
}

noreturn void __stack_chk_fail(void);

noreturn void __stack_chk_fail(void) {
    panic("a function of the library OS overran its stack frame");
}

noreturn void out_of_memory(void) {
    size_t mib = memory_installed() >> 20;
    print("meshkernel: out of memory: the service needs more than its machine of %zu MiB; "
          "give the service more with memory = \"%zuM\" in topology.toml\n",
          mib, mib * 2);
    panic_call();
    python_stacks_print(current);
    machine_stop(EXIT_OUT_OF_MEMORY, (uint32_t)mib);
}

#define DRAIN_TIME (2 * NANOS_PER_SECOND)

noreturn void machine_killed(int signal) {
    if (machine_flush)
        machine_flush();
    machine_stop(EXIT_SIGNAL, (uint32_t)signal);
}

noreturn void machine_exit(int status) {
    threads_stop_others();
    if (machine_flush)
        machine_flush();
    /* What was written to a connection just before the end is still to be sent. */
    if (machine_drain)
        machine_drain(clock_monotonic() + DRAIN_TIME);
    machine_stop(EXIT_STATUS, (uint32_t)status);
}
