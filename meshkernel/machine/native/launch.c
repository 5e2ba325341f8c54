/* Becomes another program, which the kernel kills when the process that started this one dies:
 *
 *     launch PARENT PROGRAM ARGUMENT...
 *
 * PARENT is the number of that process. A setting for what a child runs between fork and exec would
 * do the same, but there it makes Python copy its page tables (fork), which takes milliseconds in a
 * large process; without one it starts programs by vfork. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#define CANNOT_EXECUTE 126

int main(int count, char **words) {
    if (count < 3)
        return CANNOT_EXECUTE;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* stays set across exec: prctl(2) */
    if (getppid() != (pid_t)strtol(words[1], NULL, 10))
        return CANNOT_EXECUTE; /* it has died before it could be told so */
    execv(words[2], words + 2);
    perror(words[2]);
    return CANNOT_EXECUTE;
}
