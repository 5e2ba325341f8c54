/* The end: with no table of handlers the CPU cannot even report a fault, and shuts down. */
    .text
    .globl cpu_reset
cpu_reset:
    cli
    lidt no_table(%rip)
    int3
1:
    hlt
    jmp 1b

    .section .rodata
no_table:
    .word 0
    .quad 0

    .section .note.GNU-stack, "", @progbits
