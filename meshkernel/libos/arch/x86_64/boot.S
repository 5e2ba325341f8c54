/* The PVH entry point: 32-bit protected mode without paging, %ebx holds the physical address of
 * struct hvm_start_info (Xen's docs/misc/pvh.pandoc). From here to long mode, and to the high half. */

#define KERNEL_BASE 0xffffffff80000000
#define PHYS(symbol) ((symbol) - KERNEL_BASE)

#define XEN_ELFNOTE_PHYS32_ENTRY 18

#define CR0_PE 0x1
#define CR0_WP 0x10000
#define CR0_PG 0x80000000
#define CR4_PAE 0x20
#define MSR_EFER 0xc0000080
#define EFER_LME 0x100
#define EFER_NXE 0x800
#define PTE_PRESENT_WRITE 0x3
#define PTE_LARGE 0x83
#define CPUID_NX (1 << 20)
#define CPUID_LONG_MODE (1 << 29)

    .section .note.pvh, "a", @note
    .balign 4
    .long 4, 8, XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .quad PHYS(pvh_entry)

    .section .text.boot, "ax"
    .code32
    .globl pvh_entry
pvh_entry:
    cli
    cld
    rdtsc
    movl %eax, PHYS(start_stamps)           /* STAMP_ENTRY, core/stamps.h */
    movl %edx, PHYS(start_stamps) + 4
    movl $PHYS(boot_stack_top), %esp
    movl %ebx, %ebp

    /* Without these two there is nothing to run on. */
    movl $0x80000000, %eax
    cpuid
    cmpl $0x80000001, %eax
    jb too_old
    movl $0x80000001, %eax
    cpuid
    andl $(CPUID_NX | CPUID_LONG_MODE), %edx
    cmpl $(CPUID_NX | CPUID_LONG_MODE), %edx
    jne too_old

    /* Behind a seal the tables are in memory, as they were. */
    cmpl $0, PHYS(machine_sealed)
    jne 4f

    /* The first GiB, in pages of 2 MiB, three times: where we are, in the direct map, and where the kernel is
     * linked. paging_init() puts tables with exact protections in their place. */
    movl $PHYS(boot_pdpt) + PTE_PRESENT_WRITE, %eax
    movl %eax, PHYS(boot_pml4)
    movl %eax, PHYS(boot_pml4) + 256 * 8
    movl %eax, PHYS(boot_pml4) + 511 * 8
    movl $PHYS(boot_pd) + PTE_PRESENT_WRITE, %eax
    movl %eax, PHYS(boot_pdpt)
    movl %eax, PHYS(boot_pdpt) + 510 * 8
    movl $PHYS(boot_pd), %edi
    movl $PTE_LARGE, %eax
1:
    movl %eax, (%edi)
    movl $0, 4(%edi)
    addl $0x200000, %eax
    addl $8, %edi
    cmpl $PHYS(boot_pd) + 4096, %edi
    jb 1b
4:

    movl %cr4, %eax
    orl $CR4_PAE, %eax
    movl %eax, %cr4
    movl $PHYS(boot_pml4), %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $(EFER_LME | EFER_NXE), %eax
    wrmsr
    movl %cr0, %eax
    orl $(CR0_PG | CR0_WP | CR0_PE), %eax
    movl %eax, %cr0
    lgdt PHYS(boot_gdt_pointer)
    ljmp $8, $PHYS(long_mode_low)

    /* Neither a console driver nor a stack yet: the sentence goes straight to the first serial port. */
too_old:
    movl $PHYS(too_old_text), %esi
    movw $0x3f8, %dx
2:
    lodsb
    testb %al, %al
    jz 3f
    outb %al, %dx
    jmp 2b
3:
    lidt PHYS(boot_no_idt)
    int3

    .code64
long_mode_low:
    movabsq $long_mode, %rax
    jmp *%rax
long_mode:
    movl $16, %eax
    movl %eax, %ss
    movl %eax, %ds
    movl %eax, %es
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    movq $boot_stack_top, %rsp
    movl %ebp, %edi
    xorl %ebp, %ebp
    movq machine_sealed(%rip), %rax
    testq %rax, %rax
    jz 5f
    call *%rax          /* the machine goes on behind its seal (seal/continue.c) */
    ud2
5:
    call boot_early     /* returns the top of a stack with a guard page below */
    movq %rax, %rsp
    xorl %ebp, %ebp
    call kernel_main
    ud2

    .data
    .balign 8
    .globl machine_sealed
machine_sealed:         /* what goes on behind a seal; 0: this machine starts */
    .quad 0

    .section .rodata
    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00af9b000000ffff    /* code, long mode, ring 0; accessed, so that nothing is written here */
    .quad 0x00cf93000000ffff    /* data */
boot_gdt_end:
boot_gdt_pointer:
    .word boot_gdt_end - boot_gdt - 1
    .long PHYS(boot_gdt)
boot_no_idt:
    .word 0
    .long 0
too_old_text:
    .asciz "meshkernel: panic: this processor has no 64-bit mode or no no-execute pages\n"

    .section .bss.page_aligned, "aw", @nobits
    .balign 4096
    .globl boot_pml4
boot_pml4:
    .skip 4096
boot_pdpt:
    .skip 4096
boot_pd:
    .skip 4096
    .skip 4096
    .globl boot_stack_top
boot_stack_top:

    .section .note.GNU-stack, "", @progbits
