#include "linux/sigframe.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/xsave.h"
#include "core/string.h"
#include "linux/errno.h"
#include "mm/user.h"

#define RED_ZONE 128

#define UC_FP_XSTATE 1u
#define UC_SIGCONTEXT_SS 2u
#define UC_STRICT_RESTORE_SS 4u

#define SS_ONSTACK 1
#define SS_DISABLE 2

/* In the legacy area's last bytes: that an XSAVE area of which size and components is there. The
 * second word follows the area. */
#define FP_MAGIC1 0x46505853u
#define FP_MAGIC2 0x46505845u
#define FP_LEGACY_SIZE 512
#define FP_SOFTWARE_OFFSET 464
#define FP_MXCSR_OFFSET 24
#define FP_MXCSR_MASK_OFFSET 28
#define FP_HEADER_OFFSET 512
#define FP_HEADER_SIZE 64

/* Flags that an application may set for itself. */
#define FLAGS_FREE 0x50dd5u

struct fp_software {
    uint32_t magic1;
    uint32_t extended_size; /* the area and the second word */
    uint64_t features;
    uint32_t xstate_size;
    uint32_t pad[7];
};

struct sigcontext {
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
    uint16_t cs, gs, fs, ss;
    uint64_t error, trap, old_mask, cr2;
    uaddr_t fp;
    uint64_t reserved[8];
};
_Static_assert(sizeof(struct sigcontext) == 256, "struct sigcontext of x86-64");

struct ucontext {
    uint64_t flags;
    uaddr_t link;
    struct linux_stack stack;
    struct sigcontext registers;
    uint64_t mask;
};

struct signal_frame {
    uaddr_t restorer; /* where the handler returns to */
    struct ucontext context;
    struct linux_siginfo info;
};

static bool on_signal_stack(uaddr_t sp) {
    return current->signal_stack_size > 0 && sp > current->signal_stack &&
           sp - current->signal_stack <= current->signal_stack_size;
}

static struct linux_stack stack_state(uaddr_t sp) {
    struct linux_stack stack = {.base = current->signal_stack, .size = current->signal_stack_size};

    if (current->signal_stack_size == 0)
        stack.flags = SS_DISABLE;
    else if (on_signal_stack(sp))
        stack.flags = SS_ONSTACK;
    return stack;
}

size_t signal_frame_size(void) {
    return sizeof(struct signal_frame) + xsave_size() + sizeof(uint32_t) + 64 + 16 + 8;
}

/* The extended registers, in the form that the application's own unwinders and handlers read. */
static bool push_fp(uaddr_t address) {
    size_t size = xsave_size();
    uint32_t magic2 = FP_MAGIC2;
    uint8_t *area = current->xsave;
    struct fp_software software = {.magic1 = FP_MAGIC1,
                                   .extended_size = (uint32_t)(size + sizeof(magic2)),
                                   .features = xsave_features(),
                                   .xstate_size = (uint32_t)size};

    if (xsave_features() == 0)
        software = (struct fp_software){0};
    xsave_save(area);
    return copy_to_user(address, area, size) == 0 &&
           put_user(software, address + FP_SOFTWARE_OFFSET) == 0 &&
           put_user(magic2, address + size) == 0;
}

static void fill_registers(struct sigcontext *to, const struct trap_frame *frame) {
    *to = (struct sigcontext){.r8 = frame->r8,
                              .r9 = frame->r9,
                              .r10 = frame->r10,
                              .r11 = frame->r11,
                              .r12 = frame->r12,
                              .r13 = frame->r13,
                              .r14 = frame->r14,
                              .r15 = frame->r15,
                              .rdi = frame->rdi,
                              .rsi = frame->rsi,
                              .rbp = frame->rbp,
                              .rbx = frame->rbx,
                              .rdx = frame->rdx,
                              .rax = frame->rax,
                              .rcx = frame->rcx,
                              .rsp = frame->rsp,
                              .rip = frame->rip,
                              .rflags = frame->rflags,
                              .cs = (uint16_t)frame->cs,
                              .ss = (uint16_t)frame->ss,
                              .error = frame->error,
                              .trap = frame->number};
}

bool signal_frame_push(struct trap_frame *frame, int signal, const struct linux_sigaction *action,
                       const struct linux_siginfo *info, uint64_t mask) {
    struct signal_frame out = {.restorer = action->restorer, .info = *info};
    uaddr_t sp = frame->rsp - RED_ZONE;

    if (!(action->flags & SA_RESTORER))
        return false; /* every C library for x86-64 brings one */
    if ((action->flags & SA_ONSTACK) && current->signal_stack_size > 0 &&
        !on_signal_stack(frame->rsp))
        sp = current->signal_stack + current->signal_stack_size;
    uaddr_t fp = (sp - xsave_size() - sizeof(uint32_t)) & ~UINT64_C(63);
    /* As if the handler had been called: the return address lies 8 below a multiple of 16. */
    uaddr_t to = ((fp - sizeof(out)) & ~UINT64_C(15)) - 8;

    /* A signal stack that is too small is not run over into what lies below. */
    if (on_signal_stack(sp) && to < current->signal_stack)
        return false;
    out.context.flags =
        (xsave_features() ? UC_FP_XSTATE : 0) | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
    out.context.stack = stack_state(frame->rsp);
    out.context.mask = mask;
    fill_registers(&out.context.registers, frame);
    out.context.registers.fp = fp;
    out.context.registers.old_mask = mask;
    if (signal == SIGSEGV || signal == SIGBUS)
        out.context.registers.cr2 = info->address;
    if (!push_fp(fp) || put_user(out, to) != 0)
        return false;
    frame->rdi = (uint64_t)signal;
    frame->rsi = to + offsetof(struct signal_frame, info);
    frame->rdx = to + offsetof(struct signal_frame, context);
    frame->rax = 0;
    frame->rsp = to;
    frame->rip = action->handler;
    frame->rflags &= ~(uint64_t)(RFLAGS_DF | RFLAGS_TF | RFLAGS_AC);
    return true;
}

/* The handler may have written anything: what would fault in XRSTOR is cut down to what is allowed.
 */
static bool pop_fp(uaddr_t address) {
    uint8_t *area = current->xsave;
    uint32_t mxcsr, mxcsr_mask;
    uint64_t header[FP_HEADER_SIZE / 8] = {0}, features;

    xsave_save(area);
    memcpy(&mxcsr_mask, area + FP_MXCSR_MASK_OFFSET, sizeof(mxcsr_mask));
    if (copy_from_user(area, address, xsave_size()) != 0)
        return false;
    memcpy(&mxcsr, area + FP_MXCSR_OFFSET, sizeof(mxcsr));
    mxcsr &= mxcsr_mask ? mxcsr_mask : 0xffbf;
    memcpy(area + FP_MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
    if (xsave_features()) {
        memcpy(&features, area + FP_HEADER_OFFSET, sizeof(features));
        header[0] = features & xsave_features();
        memcpy(area + FP_HEADER_OFFSET, header, sizeof(header));
    }
    xsave_restore(area);
    return true;
}

static void restore_registers(struct trap_frame *frame, const struct sigcontext *from) {
    frame->r8 = from->r8;
    frame->r9 = from->r9;
    frame->r10 = from->r10;
    frame->r11 = from->r11;
    frame->r12 = from->r12;
    frame->r13 = from->r13;
    frame->r14 = from->r14;
    frame->r15 = from->r15;
    frame->rdi = from->rdi;
    frame->rsi = from->rsi;
    frame->rbp = from->rbp;
    frame->rbx = from->rbx;
    frame->rdx = from->rdx;
    frame->rax = from->rax;
    frame->rcx = from->rcx;
    frame->rsp = from->rsp;
    frame->rip = from->rip;
    frame->rflags = (from->rflags & FLAGS_FREE) | RFLAGS_FIXED | RFLAGS_IF;
    /* Equal to rip it would look like a plain return from a system call, which leaves rbx, rbp and
     * r12 to r15 as they are. They are equal only right behind a system call, where rcx means
     * nothing. */
    if (frame->rcx == frame->rip)
        frame->rcx = 0;
}

int64_t sys_rt_sigreturn(void) {
    struct trap_frame *frame = current->user_frame;
    struct signal_frame in;

    /* The handler's `ret` took the restorer's address off the stack. */
    if (get_user(in, frame->rsp - sizeof(in.restorer)) != 0 ||
        (in.context.registers.fp && !pop_fp(in.context.registers.fp))) {
        signal_fault(frame, SIGSEGV, SI_KERNEL, frame->rsp);
        return (int64_t)frame->rax;
    }
    restore_registers(frame, &in.context.registers);
    signal_set_mask(in.context.mask);
    return (int64_t)frame->rax;
}

#define MINSIGSTKSZ 2048

int64_t sys_sigaltstack(uaddr_t new, uaddr_t old) {
    uaddr_t sp = current->user_frame->rsp;
    struct linux_stack stack = stack_state(sp), wanted;

    if (new && get_user(wanted, new) != 0)
        return -EFAULT;
    if (new) {
        if (on_signal_stack(sp))
            return -EPERM;
        if (wanted.flags & ~(SS_DISABLE | SS_ONSTACK))
            return -EINVAL;
        if (!(wanted.flags & SS_DISABLE) && wanted.size < MINSIGSTKSZ)
            return -ENOMEM;
        current->signal_stack = wanted.flags & SS_DISABLE ? 0 : wanted.base;
        current->signal_stack_size = wanted.flags & SS_DISABLE ? 0 : wanted.size;
    }
    return old ? put_user(stack, old) : 0;
}
