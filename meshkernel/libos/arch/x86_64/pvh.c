/* struct hvm_start_info, version 1: Xen's include/public/arch-x86/hvm/start_info.h. */
#include "arch/x86_64/pvh.h"

#include "core/boot.h"
#include "core/pages.h"
#include "core/print.h"
#include "core/string.h"

#define START_INFO_MAGIC 0x336ec578
#define MEMORY_RAM 1
#define COMMAND_LINE_SIZE 4096

struct start_info {
    uint32_t magic, version, flags, module_count;
    uint64_t modules, command_line, rsdp;
    /* from version 1 on */
    uint64_t memory_map;
    uint32_t memory_map_count, reserved;
};

struct start_module {
    uint64_t address, size, command_line, reserved;
};

struct start_memory {
    uint64_t address, size;
    uint32_t type, reserved;
};

struct pvh_boot pvh;

static char command_line[COMMAND_LINE_SIZE];
const char *boot_command_line = command_line;

static void read_memory_map(const struct start_info *info) {
    const struct start_memory *entries = direct_of(info->memory_map);
    for (uint32_t i = 0; i < info->memory_map_count; i++) {
        uint64_t start = PAGE_UP(entries[i].address);
        uint64_t end = PAGE_DOWN(entries[i].address + entries[i].size);
        if (entries[i].type != MEMORY_RAM || start >= end)
            continue;
        if (pvh.ram_count == ARRAY_SIZE(pvh.ram))
            panic("the memory map has more than 32 usable ranges");
        pvh.ram[pvh.ram_count++] = (struct memory_range){start, end};
    }
}

void pvh_read(uint32_t start_info) {
    const struct start_info *info = direct_of(start_info);
    if (info->magic != START_INFO_MAGIC)
        panic("the boot loader did not enter by PVH: no start information");
    if (info->version < 1 || info->memory_map_count == 0)
        panic("the boot loader gave no memory map");
    pvh = (struct pvh_boot){.ram_count = 0};
    read_memory_map(info);
    if (info->command_line)
        string_copy(command_line, direct_of(info->command_line), sizeof command_line);
    if (info->module_count > 0) {
        const struct start_module *module = direct_of(info->modules);
        pvh.module = module->address;
        pvh.module_size = module->size;
    }
}

void pvh_forget(void) {
    memset(command_line, 0, sizeof command_line);
}
