/* The shared object, page-aligned, as the application will have it mapped. */
    .section .rodata.vdso, "a"
    .balign 4096
    .globl vdso_start, vdso_end
vdso_start:
    .incbin "vdso.so"
    .balign 4096
vdso_end:

    .section .note.GNU-stack, "", @progbits
