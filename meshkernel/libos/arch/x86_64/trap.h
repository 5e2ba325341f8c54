/* The registers of an interrupted context, as the entry code stores them. */
#pragma once

#include "core/types.h"

/* Assembly knows the order (arch/x86_64/entry.S). The frame of a thread's application, at a system
 * call, a fault or a preemption, always lies at kernel_stack_top - sizeof(struct trap_frame):
 * thread->user_frame. */
struct trap_frame {
    uint64_t r15, r14, r13, r12, rbp, rbx;
    uint64_t r11, r10, r9, r8;
    uint64_t rax, rcx, rdx, rsi, rdi;
    uint64_t number; /* of the system call (Linux's orig_rax) or the vector */
    uint64_t error;  /* what the CPU pushed for a fault, else 0 */
    /* pushed by the CPU, or by hand at a system call */
    uint64_t rip, cs, rflags, rsp, ss;
};

#define KERNEL_CS 0x08
#define KERNEL_SS 0x10

#define RFLAGS_FIXED 0x2
#define RFLAGS_TF 0x100
#define RFLAGS_IF 0x200
#define RFLAGS_DF 0x400
#define RFLAGS_IOPL 0x3000
#define RFLAGS_NT 0x4000 /* set, it makes iretq fault */
#define RFLAGS_AC 0x40000

/* Goes on in the application with these registers (it copies the frame first, so it may lie
 * anywhere). A caller fills rip, rsp and the rest; cs, ss and IF are set here. For new threads and
 * exec. */
noreturn void return_to_user(const struct trap_frame *frame);

/* A handler of a system call that must return with other registers (rt_sigreturn, signal delivery)
 * just changes *current->user_frame; its own return value still goes into rax. */

/* True when the application's frame is that of a system call, and not of a fault or an interrupt.
 */
bool syscall_running(const struct trap_frame *user_frame);

/* Linux's name of a system call; NULL for a number that has none. */
const char *syscall_name(uint64_t number);

/* linux/signal.h has what is called on the way back into the application. */
