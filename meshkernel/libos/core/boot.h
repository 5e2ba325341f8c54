/* The parsed boot configuration (its format: abi/boot.h). All strings live as long as the machine.
 */
#pragma once

#include "core/types.h"

struct boot_host {
    uint32_t address; /* network byte order */
    const char *name;
};

struct boot_file {
    const char *path;
    const char *contents;
    size_t size;
};

struct boot_volume {
    const char *tag, *path;
    bool read_only;
    bool mounted; /* set by the library that mounts it */
};

struct boot {
    const char **arguments; /* NULL-terminated, as argv */
    const char **environment;
    size_t argument_count, environment_count;
    const char *directory, *hostname;
    uint32_t address, netmask, gateway; /* network byte order; 0: none */
    uint16_t mtu;                       /* 0: the device's */
    struct boot_host *hosts;
    size_t host_count;
    struct boot_file *files;
    size_t file_count;
    struct boot_volume *volumes;
    size_t volume_count;
    const char *trace; /* a struct trace_request; not NUL-terminated */
    size_t trace_size;
    uint64_t wall;
    uint8_t seed[32];
    bool seeded;
    bool seal; /* this boot is for sealing */
};

extern struct boot boot;

/* Parses the module's text; panics with one sentence that names the line on a fault. */
void boot_parse(const char *text, size_t size);

/* Wipes what was parsed, for a machine that goes on with another configuration. Hosts, files and
 * volumes are known to others by then: there must be none. */
void boot_forget(void);

/* The kernel command line that the hypervisor passed (QEMU appends virtio_mmio.device=... to it).
 */
extern const char *boot_command_line;
