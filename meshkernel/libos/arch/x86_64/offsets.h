/* Offsets that assembly needs; syscall.c asserts that they are true. */
#pragma once

#define THREAD_KERNEL_SP 0
#define THREAD_STACK_TOP 8
#define THREAD_SIGNAL_PENDING 128
#define THREAD_SIGNAL_RESTORE 144

#define FRAME_R12 24
#define FRAME_RBP 32
#define FRAME_RBX 40
#define FRAME_R11 48
#define FRAME_RAX 80
#define FRAME_RCX 88
#define FRAME_NUMBER 120
#define FRAME_RIP 136
#define FRAME_RFLAGS 152
#define FRAME_RSP 160
#define FRAME_SIZE 176

#define SYSCALL_LIMIT 512
