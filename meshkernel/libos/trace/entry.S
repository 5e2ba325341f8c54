/* The way in while the trace is on: syscall_entry, but for the call that it makes. */
#include "arch/x86_64/entry.inc"

    .text
    .globl syscall_entry_traced
syscall_entry_traced:
    SYSCALL_ENTER
    call trace_call
    jmp syscall_return

    .section .note.GNU-stack, "", @progbits
