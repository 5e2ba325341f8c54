#include "pcap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAGIC_NANOSECONDS 0xa1b23c4dU
#define LINK_ETHERNET 1
#define SNAP_LENGTH 262144

static FILE *capture;
static const char *error;

static void fail(void) {
    error = strerror(errno);
    fprintf(stderr, "switch: the capture has ended: %s\n", error);
    pcap_close();
}

bool pcap_open(const char *path) {
    pcap_close();
    error = NULL;
    /* O_NONBLOCK: a FIFO that nobody reads is refused instead of stopping the switch. */
    int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    int fd = open(path, flags, 0600);
    if (fd < 0)
        return false;
    capture = fdopen(fd, "wb");
    if (!capture) {
        close(fd);
        return false;
    }
    struct {
        uint32_t magic;
        uint16_t major, minor;
        uint32_t zone, accuracy, snap_length, link_type;
    } header = {MAGIC_NANOSECONDS, 2, 4, 0, 0, SNAP_LENGTH, LINK_ETHERNET};
    if (fwrite(&header, sizeof(header), 1, capture) == 1 && fflush(capture) == 0)
        return true;
    int reason = errno;
    pcap_close();
    errno = reason;
    return false;
}

void pcap_write(const uint8_t *frame, uint32_t size) {
    if (!capture)
        return;
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    uint32_t header[4] = {(uint32_t)time.tv_sec, (uint32_t)time.tv_nsec, size, size};
    if (fwrite(header, sizeof(header), 1, capture) != 1 || fwrite(frame, size, 1, capture) != 1)
        fail();
}

void pcap_flush(void) {
    if (capture && fflush(capture) != 0)
        fail();
}

void pcap_close(void) {
    if (capture)
        fclose(capture);
    capture = NULL;
}

const char *pcap_error(void) {
    return error;
}
