/* The table of system calls, and what a thread does on its way back into the application besides
 * returning. */
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/trap.h"
#include "core/print.h"
#include "core/string.h"
#include "core/thread.h"
#include "linux/process.h"
#include "linux/signal.h"

_Static_assert(offsetof(struct thread, kernel_sp) == THREAD_KERNEL_SP, "entry.S");
_Static_assert(offsetof(struct thread, kernel_stack_top) == THREAD_STACK_TOP, "entry.S");
_Static_assert(offsetof(struct thread, signal_pending) == THREAD_SIGNAL_PENDING, "entry.S");
_Static_assert(offsetof(struct thread, signal_restore_mask) == THREAD_SIGNAL_RESTORE, "entry.S");
_Static_assert(offsetof(struct trap_frame, r12) == FRAME_R12, "entry.S");
_Static_assert(offsetof(struct trap_frame, rbp) == FRAME_RBP, "entry.S");
_Static_assert(offsetof(struct trap_frame, rbx) == FRAME_RBX, "entry.S");
_Static_assert(offsetof(struct trap_frame, r11) == FRAME_R11, "entry.S");
_Static_assert(offsetof(struct trap_frame, rax) == FRAME_RAX, "entry.S");
_Static_assert(offsetof(struct trap_frame, rcx) == FRAME_RCX, "entry.S");
_Static_assert(offsetof(struct trap_frame, number) == FRAME_NUMBER, "entry.S");
_Static_assert(offsetof(struct trap_frame, rip) == FRAME_RIP, "entry.S");
_Static_assert(offsetof(struct trap_frame, rflags) == FRAME_RFLAGS, "entry.S");
_Static_assert(offsetof(struct trap_frame, rsp) == FRAME_RSP, "entry.S");
_Static_assert(sizeof(struct trap_frame) == FRAME_SIZE && FRAME_SIZE % 16 == 0, "entry.S");

typedef void (*system_call)(void); /* every one has its own parameters */

/* Two lines with one number do not compile. */
enum {
#define SYSCALL(number, name) SYSTEM_CALL_##number = (number),
#include "generated/syscalls.h"
#undef SYSCALL
    SYSTEM_CALL_NONE = -1,
};

#define SYSCALL(number, name) void sys_##name(void);
#include "generated/syscalls.h"
#undef SYSCALL

int64_t sys_unknown(void);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
const system_call syscall_table[SYSCALL_LIMIT] = {
    [0 ... SYSCALL_LIMIT - 1] = (system_call)sys_unknown,
#define SYSCALL(number, name) [number] = sys_##name,
#include "generated/syscalls.h"
#undef SYSCALL
};
#pragma GCC diagnostic pop

/* One behind the other in one text: a table of pointers, or numbers, would be larger than what they
 * are for. Where numbers are left out, there is an empty name. */
static const char names[] =
#define NAME(number, name) #name "\0"
#define NAMES_GO_ON_AT(number) "\0"
#include "arch/x86_64/syscall_names.h"
#undef NAMES_GO_ON_AT
#undef NAME
    ;

enum {
#define NAME(number, name) PLACE_OF_##name,
#define NAMES_GO_ON_AT(number) PLACE_OF_THE_GAP = (number) - 1,
#include "arch/x86_64/syscall_names.h"
#undef NAMES_GO_ON_AT
#undef NAME
};

#define NAME(number, name) _Static_assert(PLACE_OF_##name == (number), "syscall_names.h: " #name);
#define NAMES_GO_ON_AT(number)
#include "arch/x86_64/syscall_names.h"
#undef NAMES_GO_ON_AT
#undef NAME

const char *syscall_name(uint64_t number) {
    uint64_t own = 0;
    for (const char *text = names; text < names + sizeof(names) - 1; text += strlen(text) + 1) {
        if (*text == 0)
            own = PLACE_OF_THE_GAP;
        else if (own == number)
            return text;
        own++;
    }
    return NULL;
}

/* `syscall` leaves the return address in %rcx and the flags in %r11. */
bool syscall_running(const struct trap_frame *frame) {
    return frame->rip != 0 && frame->rcx == frame->rip && frame->r11 == frame->rflags;
}

int64_t sys_unknown(void) {
    uint64_t number = current->user_frame->number;
    return report_missing_call((int)number, syscall_name(number));
}

void syscall_attention(struct trap_frame *frame);

void syscall_attention(struct trap_frame *frame) {
    if (signal_due())
        signal_deliver(frame, (int64_t)frame->number);
}

#define STAR_KERNEL_CS (UINT64_C(KERNEL_CS) << 32)

extern char syscall_entry[];

void syscall_init(void) {
    wrmsr(MSR_STAR, STAR_KERNEL_CS); /* CS is this, SS the one behind it; sysret is never used */
    wrmsr(MSR_LSTAR, (uint64_t)syscall_entry);
    wrmsr(MSR_FMASK, RFLAGS_IF | RFLAGS_DF | RFLAGS_TF | RFLAGS_AC | RFLAGS_NT);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | 1); /* SCE */
}
