/* At a seal: what the program touches next is filled, so that no machine behind it begins with page
 * faults. The pages of files are the image's own and take nothing but entries of page tables; the
 * stack gets what a deep call needs, which takes no memory of the host's until it is used. */
#include "arch/x86_64/trap.h"
#include "core/thread.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "mm/fill.h"
#include "seal/seal.h"

#define STACK_AHEAD (UINT64_C(64) << 10)

static void fill_range(const struct area *area, uaddr_t start, uaddr_t end, enum access access) {
    for (uaddr_t at = start; at < end; at += PAGE_SIZE)
        (void)fill_page(area, at, access); /* behind the end of a file there is nothing */
}

static void fill_stack(const struct area *area) {
    uaddr_t end = PAGE_DOWN(current->user_frame->rsp);

    if (end > area->start && end < area->end)
        fill_range(area, MAX(area->start, end - STACK_AHEAD), end, ACCESS_WRITE);
}

/* Files of the image: others may have holes, and pages of their own. */
static bool is_image(const struct area *area) {
    return area->file != NULL && area->file->inode != NULL &&
           inode_is_read_only(area->file->inode) && area->prot != 0 && !(area->prot & PROT_WRITE);
}

static void fill_ahead(void) {
    for (size_t i = 0; i < area_count; i++) {
        if (areas[i].kind == SPACE_STACK)
            fill_stack(&areas[i]);
        else if (is_image(&areas[i]))
            fill_range(&areas[i], areas[i].start, areas[i].end, ACCESS_READ);
    }
}
SEAL(SEAL_LIBRARIES, fill_ahead);
