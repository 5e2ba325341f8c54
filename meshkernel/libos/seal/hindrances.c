/* What stands in the way of a seal: whatever has its other end outside of this machine's memory, or
 * would run or fire in the midst of it. */
#include "arch/x86_64/pvh.h"
#include "core/boot.h"
#include "core/pages.h"
#include "core/string.h"
#include "core/thread.h"
#include "fs/descriptor.h"
#include "linux/errno.h"
#include "net/option.h"
#include "net/socket.h"
#include "seal/internal.h"
#include "seal/seal.h"

/* Hypervisors put the boot configuration of a machine that goes on into its last MiB. */
#define MODULE_ROOM (UINT64_C(1) << 20)

#define IPV4_ADDRESS 4 /* in a sockaddr_in */

typedef void (*hindrance)(struct text *lines);

SET_DECLARE(hindrances, hindrance);

static void threads(struct text *lines) {
    LIST_FOR_EACH(node, &all_threads) {
        const struct thread *thread = LIST_ENTRY(node, struct thread, all_link);

        if (thread != current)
            text_print(lines, "thread %d\n", thread->tid);
    }
}

/* Whether a TCP socket has a port and nothing else: no peer, and the address of no interface. It is
 * the same in every machine, and may listen already. */
static bool is_port(struct file *file, const struct socket_address *own) {
    struct socket_address peer = {.size = 0};
    uint32_t address, type = 0, size = sizeof(type);

    memcpy(&address, own->bytes + IPV4_ADDRESS, sizeof(address));
    return own->family == AF_INET && address == 0 &&
           file->socket->get_name(file, &peer, true) == -ENOTCONN &&
           file->socket->get_option != NULL &&
           file->socket->get_option(file, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
           type == SOCK_STREAM;
}

/* Both ends of a local one are sealed. */
static bool may_be_sealed(struct file *file) {
    struct socket_address own = {.size = 0};

    return file->socket->get_name != NULL && file->socket->get_name(file, &own, false) == 0 &&
           (own.family == AF_UNIX || is_port(file, &own));
}

static void sockets(struct text *lines) {
    for (int fd = fd_next(0); fd >= 0; fd = fd_next(fd + 1)) {
        struct file *file = fd_file(fd);

        if (file->socket != NULL && !may_be_sealed(file))
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
