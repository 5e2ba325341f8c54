/* Pipes, eventfd, timerfd, epoll, poll, select and local sockets, through their system calls. */
#include "core/start.h"
#include "fs/fs.h"
#include "ipc_test/cases.h"

/* An image of no more than a root directory. */
__asm__(".section .rodata\n.balign 4096\n.globl image_start, image_end\n"
        "image_start: .quad 0x31736667616d696b, 4096, 48, 80, 80\n.long 1, 0\n"
        ".long 0040755, 2\n.quad 0, 0, 315532800\n"
        ".balign 4096\nimage_end:\n.text\n");

int main(void) {
    fs_init();
    start_libraries(START_FILES);
    fs_complete();
    pipe_cases();
    counter_cases();
    epoll_cases();
    polling_cases();
    local_cases();
    ancillary_cases();
    return 0;
}
