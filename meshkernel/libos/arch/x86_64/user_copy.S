/* Copies from and to the application's memory. A touch that cannot be resolved continues at the address that
 * the exception table gives, where what is left is counted. */

    .macro MAY_FAULT at, then
    .section .exception_table, "a"
    .quad \at, \then
    .previous
    .endm

    .text

/* size_t user_copy(void *to, const void *from, size_t size): bytes not copied. */
    .globl user_copy
user_copy:
    movq %rdx, %rcx
    andl $7, %edx
    shrq $3, %rcx
    jz 2f
1:  rep movsq
2:  movl %edx, %ecx
3:  rep movsb
    xorl %eax, %eax
    ret
4:  leaq (%rdx, %rcx, 8), %rax
    ret
5:  movq %rcx, %rax
    ret
    MAY_FAULT 1b, 4b
    MAY_FAULT 3b, 5b

/* size_t user_clear(void *to, size_t size): bytes not cleared. */
    .globl user_clear
user_clear:
    movq %rsi, %rcx
    xorl %eax, %eax
    andl $7, %esi
    shrq $3, %rcx
    jz 2f
1:  rep stosq
2:  movl %esi, %ecx
3:  rep stosb
    ret
4:  leaq (%rsi, %rcx, 8), %rax
    ret
5:  movq %rcx, %rax
    ret
    MAY_FAULT 1b, 4b
    MAY_FAULT 3b, 5b

    .section .note.GNU-stack, "", @progbits
