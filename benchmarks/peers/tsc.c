/* Prints the rate of this machine's time-stamp counter in kHz, measured for a fifth of a second. */
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

int main(void) {
    struct timespec begin, now;
    clock_gettime(CLOCK_MONOTONIC_RAW, &begin);
    unsigned long long first = __rdtsc();
    double seconds;
    do {
        clock_gettime(CLOCK_MONOTONIC_RAW, &now);
        seconds = (double)(now.tv_sec - begin.tv_sec) + (double)(now.tv_nsec - begin.tv_nsec) / 1e9;
    } while (seconds < 0.2);
    printf("%.0f\n", (double)(__rdtsc() - first) / seconds / 1000);
    return 0;
}
