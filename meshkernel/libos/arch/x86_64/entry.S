/* The ways in and out of the library OS. Everything runs in ring 0, so the CPU switches stacks only for interrupts and
 * faults (IST), and a system call does it by hand. Interrupts are off from here to the way out. */
#include "arch/x86_64/entry.inc"

    .text
    .cfi_sections .debug_frame

    .globl syscall_entry
    .type syscall_entry, @function
syscall_entry:
    .cfi_startproc simple
    .cfi_signal_frame
    SYSCALL_ENTER
    cmpq $SYSCALL_LIMIT, %rax
    jae 1f
    call *syscall_table(,%rax,8)
    .globl syscall_return
syscall_return: /* from whatever made the call */
    movq %rax, FRAME_RAX(%rsp)
    movq current(%rip), %rdx
    cmpq $0, THREAD_SIGNAL_PENDING(%rdx)
    jne 3f
    cmpb $0, THREAD_SIGNAL_RESTORE(%rdx)
    jne 3f
4:
    .cfi_endproc
    /* The short way needs that nobody changed where to go on: the registers that the compiler keeps, but %rbp, are as they were,
     * the others come from the frame, %rcx and %r11 are lost by definition. */
    movq FRAME_RIP(%rsp), %rcx
    movq FRAME_RFLAGS(%rsp), %r11
    cmpq %rcx, FRAME_RCX(%rsp)
    jne frame_return
    cmpq %r11, FRAME_R11(%rsp)
    jne frame_return
    testl $RFLAGS_UNUSUAL, %r11d
    jnz frame_return
    movq FRAME_R11 - 16(%rsp), %rbp /* zeroed above */
    addq $FRAME_R11 + 8, %rsp
    popq %r10
    popq %r9
    popq %r8
    popq %rax
    addq $8, %rsp
    popq %rdx
    popq %rsi
    popq %rdi
    movq FRAME_RSP - FRAME_NUMBER(%rsp), %rsp
    sti          /* takes effect behind the jump */
    jmp *%rcx
1:
    call sys_unknown
    jmp syscall_return
3:
    movq %rsp, %rdi
    call syscall_attention
    jmp 4b

/* Goes on with the frame at %rsp, whatever it holds. */
frame_return:
    POP_REGISTERS
    addq $16, %rsp
    iretq

/* noreturn void frame_resume(struct trap_frame *frame) */
    .globl frame_resume
frame_resume:
    movq %rdi, %rsp
    jmp frame_return

/* Exceptions and interrupts, all on IST stacks. trap_dispatch returns the frame to go on with: the same,
 * or its copy on the thread's own stack, where what may sleep or fault again is done first. */
trap_common:
    PUSH_REGISTERS
    /* The CPU keeps %ss where the privilege stays the same, but QEMU's emulation clears it, and has to translate what
     * runs here and in system calls twice, since its translations are for one kind of %ss. */
    movl $KERNEL_SS, %eax
    movl %eax, %ss
    cld
    xorl %ebp, %ebp
    movq %rsp, %rdi
    call trap_dispatch
    cmpq %rax, %rsp
    je frame_return
    movq %rax, %rsp
    movq %rax, %rdi
    call trap_on_thread
    jmp frame_return

    .balign 16
    .globl trap_stubs
trap_stubs:
    .set vector, 0
    .rept 80
    .balign 16
    .if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30
    .else
    pushq $0
    .endif
    .byte 0x6a, vector /* pushq of one byte */
    jmp trap_common
    .set vector, vector + 1
    .endr

/* void stack_switch(uint64_t *save, uint64_t load): the other thread returns from its own call of this. */
    .globl stack_switch
stack_switch:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret

/* A new thread's first instruction: %rbx is the function, %r12 its argument. */
    .globl thread_entry
thread_entry:
    movq %r12, %rdi
    call *%rbx
    call thread_exit
    ud2

/* void cpu_load_tables(const void *gdt, const void *idt, uint16_t tss): and reloads every selector. */
    .globl cpu_load_tables
cpu_load_tables:
    lgdt (%rdi)
    lidt (%rsi)
    movl $KERNEL_SS, %eax
    movl %eax, %ss
    movl %eax, %ds
    movl %eax, %es
    ltr %dx
    popq %rax
    pushq $KERNEL_CS
    pushq %rax
    lretq

    .bss
    .balign 8
    .globl application_sp
application_sp:
    .skip 8

    .section .note.GNU-stack, "", @progbits
