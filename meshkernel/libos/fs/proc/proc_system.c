/* /proc files about the machine. */
#include "core/boot.h"
#include "core/clock.h"
#include "core/pages.h"
#include "core/random.h"
#include "core/start.h"
#include "core/string.h"
#include "fs/mount.h"
#include "fs/proc/procfs.h"

#define KIB_PER_PAGE (PAGE_SIZE / 1024)

static void cpuid(uint32_t leaf, uint32_t out[4]) {
    __asm__("cpuid" : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3]) : "a"(leaf), "c"(0));
}

static void cpuinfo(struct text *text) {
    uint32_t id[4], version[4];
    char vendor[13] = {0}, brand[49] = {0};

    cpuid(0, id);
    memcpy(vendor, &id[1], 4);
    memcpy(vendor + 4, &id[3], 4);
    memcpy(vendor + 8, &id[2], 4);
    cpuid(1, version);
    for (uint32_t i = 0; i < 3; i++) {
        cpuid(0x80000002 + i, id);
        memcpy(brand + (size_t)16 * i, id, 16);
    }
    text_print(text, "processor\t: 0\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\n", vendor,
               version[0] >> 8 & 15, (version[0] >> 4 & 15) | (version[0] >> 12 & 0xf0));
    text_print(text, "model name\t: %s\nstepping\t: %u\ncpu cores\t: 1\n\n", brand,
               version[0] & 15);
}

static void meminfo(struct text *text) {
    size_t total = pages_total() * KIB_PER_PAGE, free = pages_available() * KIB_PER_PAGE;

    text_print(text, "MemTotal:       %zu kB\nMemFree:        %zu kB\nMemAvailable:   %zu kB\n",
               total, free, free);
    text_add_string(text, "Buffers:        0 kB\nCached:         0 kB\nSwapCached:     0 kB\n"
                          "SwapTotal:      0 kB\nSwapFree:       0 kB\n");
}

static void stat(struct text *text) {
    uint64_t ticks = clock_monotonic() / (NANOS_PER_SECOND / 100);
    uint64_t boot_time = (clock_realtime() - clock_monotonic()) / NANOS_PER_SECOND;

    text_print(text, "cpu  %zu 0 0 0 0 0 0 0 0 0\ncpu0 %zu 0 0 0 0 0 0 0 0 0\n", (size_t)ticks,
               (size_t)ticks);
    text_print(text, "ctxt 0\nbtime %zu\nprocesses 1\nprocs_running 1\nprocs_blocked 0\n",
               (size_t)boot_time);
}

static void uptime(struct text *text) {
    uint64_t hundredths = clock_monotonic() / (NANOS_PER_SECOND / 100);

    text_print(text, "%zu.%02u 0.00\n", (size_t)(hundredths / 100), (unsigned)(hundredths % 100));
}

static void loadavg(struct text *text) {
    text_add_string(text, "0.00 0.00 0.00 1/1 1\n");
}

static void filesystems(struct text *text) {
    text_add_string(text, "nodev\tproc\nnodev\ttmpfs\nnodev\tdevtmpfs\n\tmeshkernel\n");
}

static void version(struct text *text) {
    text_add_string(text, "Linux version 6.1.0-meshkernel (meshkernel) #1\n");
}

static uint8_t id[16]; /* boot_id */
static bool boot_id_made;

static void new_boot(void) {
    boot_id_made = false;
}
CONTINUE(START_FILES, new_boot);

static void boot_id(struct text *text) {
    if (!boot_id_made)
        random_bytes(id, sizeof(id));
    boot_id_made = true;
    id[6] = (id[6] & 0x0f) | 0x40;
    id[8] = (id[8] & 0x3f) | 0x80;
    for (size_t i = 0; i < sizeof(id); i++)
        text_print(text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", id[i]);
    text_add_string(text, "\n");
}

static void osrelease(struct text *text) {
    text_add_string(text, "6.1.0-meshkernel\n");
}

static void hostname(struct text *text) {
    text_print(text, "%s\n", boot.hostname ? boot.hostname : "localhost");
}

static void pid_max(struct text *text) {
    text_add_string(text, "4194304\n");
}

static void ngroups_max(struct text *text) {
    text_add_string(text, "65536\n");
}

static void one(struct text *text) {
    text_add_string(text, "1\n");
}

static void somaxconn(struct text *text) {
    text_add_string(text, "4096\n");
}

static void file_max(struct text *text) {
    text_add_string(text, "65536\n");
}

const struct generator proc_system_files[] = {
    {"cpuinfo", cpuinfo},
    {"filesystems", filesystems},
    {"loadavg", loadavg},
    {"meminfo", meminfo},
    {"stat", stat},
    {"sys/fs/file-max", file_max},
    {"sys/kernel/hostname", hostname},
    {"sys/kernel/ngroups_max", ngroups_max},
    {"sys/kernel/osrelease", osrelease},
    {"sys/kernel/pid_max", pid_max},
    {"sys/kernel/random/boot_id", boot_id},
    {"sys/net/core/somaxconn", somaxconn},
    {"sys/vm/overcommit_memory", one},
    {"uptime", uptime},
    {"version", version},
};
const size_t proc_system_file_count = ARRAY_SIZE(proc_system_files);
