/* A file of two parts that is on no descriptor: the page of data, then the shared object. Maps of
 * it are ordinary areas, so nothing is placed over them, and /proc/self/maps has them. */
#include "core/clock.h"
#include "core/pages.h"
#include "core/start.h"
#include "fs/file.h"
#include "linux/errno.h"
#include "linux/process.h"
#include "mm/space.h"

extern char vdso_start[], vdso_end[];

static void *vdso_page(struct file *file, uint64_t index) {
    (void)file;
    if (index == 0)
        return direct_of(phys_of(clock_page()));
    char *page = vdso_start + (index - 1) * PAGE_SIZE;
    return page < vdso_end ? direct_of(phys_of(page)) : NULL;
}

static const struct file_ops vdso_ops = {.page = vdso_page};

/* Maps the data page and the shared object behind it. */
static uaddr_t map_vdso(void) {
    uint64_t text = (uint64_t)(vdso_end - vdso_start);
    struct file *file = file_new(&vdso_ops, NULL, O_RDONLY);
    if (file == NULL)
        return 0;
    /* Shared: a private copy of the data page would stand still. */
    int64_t base = space_map(0, PAGE_SIZE + text, PROT_READ, MAP_SHARED, file, 0);
    file_put(file); /* the area has a reference of its own */
    if (base < 0 || space_protect((uaddr_t)base + PAGE_SIZE, text, PROT_READ | PROT_EXEC) < 0)
        return 0;
    return (uaddr_t)base + PAGE_SIZE;
}

static void vdso_init(void) {
    process_map_vdso = map_vdso;
}
START(START_PROGRAM, vdso_init);
