/* The way in while the trace is on: syscall_entry, but for the call that it makes. */
#include "arch/x86_64/entry.inc"

    .text
    .cfi_sections .debug_frame
    .globl syscall_entry_traced
    .type syscall_entry_traced, @function
syscall_entry_traced:
    .cfi_startproc simple
    .cfi_signal_frame
    SYSCALL_ENTER
    call trace_call
    jmp syscall_return
    .cfi_endproc

    .section .note.GNU-stack, "", @progbits
