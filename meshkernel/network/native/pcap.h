/* A capture of every frame that is delivered, as a file that Wireshark and tcpdump read. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Replaces the capture that runs. False with errno set: there is none then. */
bool pcap_open(const char *path);
void pcap_write(const uint8_t *frame, uint32_t size);
/* Once a turn of the loop. A capture that cannot be written (disk full) ends. */
void pcap_flush(void);
void pcap_close(void);
/* NULL: no capture has failed. */
const char *pcap_error(void);
