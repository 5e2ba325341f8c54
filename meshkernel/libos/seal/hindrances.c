/* What stands in the way of a seal: whatever has its other end outside of this machine's memory, or
 * would run or fire in the midst of it. */
#include "arch/x86_64/pvh.h"
#include "core/boot.h"
#include "core/pages.h"
#include "core/thread.h"
#include "fs/descriptor.h"
#include "net/socket.h"
#include "seal/internal.h"
#include "seal/seal.h"

/* Hypervisors put the boot configuration of a machine that goes on into its last MiB. */
#define MODULE_ROOM (UINT64_C(1) << 20)

typedef void (*hindrance)(struct text *lines);

SET_DECLARE(hindrances, hindrance);

static void threads(struct text *lines) {
    LIST_FOR_EACH(node, &all_threads) {
        const struct thread *thread = LIST_ENTRY(node, struct thread, all_link);

        if (thread != current)
            text_print(lines, "thread %d\n", thread->tid);
    }
}

/* Both ends of a local one are sealed. */
static void sockets(struct text *lines) {
    for (int fd = fd_next(0); fd >= 0; fd = fd_next(fd + 1)) {
        struct file *file = fd_file(fd);
        struct socket_address address = {.size = 0};

        if (file->socket == NULL)
            continue;
        if (file->socket->get_name == NULL || file->socket->get_name(file, &address, false) ||
            address.family != AF_UNIX)
            text_print(lines, "descriptor %d a network socket\n", fd);
    }
}

/* What a machine learns of its configuration at its start is replaced behind the seal, but for
 * these. */
static void configuration(struct text *lines) {
    if (boot.address)
        text_add_string(lines, "configuration an address\n");
    if (boot.host_count)
        text_add_string(lines, "configuration hosts\n");
    if (boot.file_count)
        text_add_string(lines, "configuration files\n");
    if (boot.volume_count)
        text_add_string(lines, "configuration volumes\n");
}

static bool has_room(const struct page_span *span) {
    for (size_t i = 0; i < pvh.ram_count; i++)
        if (span->fresh > pvh.ram[i].start && span->fresh <= pvh.ram[i].end)
            return pvh.ram[i].end - span->fresh >= MODULE_ROOM;
    return false;
}

static void memory(struct text *lines) {
    struct page_span span;

    for (size_t i = 0; pages_span(i, &span); i++)
        if (!has_room(&span))
            text_add_string(lines, "memory less than 1 MiB is left\n");
}

void seal_hindrances(struct text *lines) {
    sockets(lines);
    threads(lines);
    configuration(lines);
    memory(lines);
    SET_FOR_EACH(hindrances, hindrance, member)
    (*member)(lines);
}
