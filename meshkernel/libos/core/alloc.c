/* The heap: pages cut into objects of one size each, with a header at the start of the page; larger
 * requests are runs of whole pages. So an address at the start of a page is a run, every other one
 * an object. */
#include "core/alloc.h"

#include "core/list.h"
#include "core/pages.h"
#include "core/print.h"
#include "core/string.h"
#include "generated/config.h"

#define POISON 0xdb

struct object {
    struct object *next;
};

struct slab {
    struct list link; /* on its class's list while it has a free object */
    struct object *free;
    uint16_t class;
    uint16_t used;
    uint32_t magic;
};

#define SLAB_MAGIC 0x736c6162
#define HEADER ((sizeof(struct slab) + 15) & ~UINT64_C(15))

/* Multiples of 16, chosen so that little of a page is left over. */
static const uint16_t sizes[] = {16,  32,  48,  64,  96,  128,  192,  256,
                                 336, 448, 576, 672, 800, 1008, 1344, 2016};
#define CLASSES ARRAY_SIZE(sizes)
#define LARGEST 2016

static struct list partial[CLASSES];

static unsigned class_of(size_t size) {
    unsigned class = 0;
    while (sizes[class] < size)
        class++;
    return class;
}

static struct slab *slab_new(unsigned class) {
    struct slab *slab = pages_alloc(0);
    if (slab == NULL)
        return NULL;
    *slab = (struct slab){.class = (uint16_t)class, .magic = SLAB_MAGIC};
    char *end = (char *)slab + PAGE_SIZE;
    for (char *at = (char *)slab + HEADER; at + sizes[class] <= end; at += sizes[class]) {
        struct object *object = (struct object *)at;
        object->next = slab->free;
        slab->free = object;
    }
    list_prepend(&partial[class], &slab->link);
    return slab;
}

static void *object_alloc(size_t size) {
    unsigned class = class_of(size);
    if (partial[class].next == NULL)
        list_init(&partial[class]);
    struct slab *slab = list_empty(&partial[class])
                            ? slab_new(class)
                            : LIST_FIRST(&partial[class], struct slab, link);
    if (slab == NULL)
        return NULL;
    struct object *object = slab->free;
    slab->free = object->next;
    slab->used++;
    if (slab->free == NULL)
        list_remove(&slab->link);
    return memset(object, 0, sizes[class]);
}

static struct slab *slab_of(void *memory) {
    struct slab *slab = (struct slab *)PAGE_DOWN(memory);
    assert(slab->magic == SLAB_MAGIC);
    return slab;
}

static void object_free(void *memory) {
    struct slab *slab = slab_of(memory);
    assert(slab->used > 0);
    if (MK_DEBUG)
        memset(memory, POISON, sizes[slab->class]);
    if (slab->free == NULL)
        list_prepend(&partial[slab->class], &slab->link);
    struct object *object = memory;
    object->next = slab->free;
    slab->free = object;
    /* The last empty one of a class stays: freeing and allocating in turn would move pages about.
     */
    if (--slab->used == 0 && partial[slab->class].next != partial[slab->class].previous) {
        list_remove(&slab->link);
        slab->magic = 0;
        pages_free(slab, 0);
    }
}

/* In a full slab there is none. */
void heap_clear_free(void) {
    for (unsigned class = 0; class < CLASSES; class++) {
        if (partial[class].next == NULL)
            continue;
        LIST_FOR_EACH(node, &partial[class])
        for (struct object *object = LIST_ENTRY(node, struct slab, link)->free; object != NULL;
             object = object->next)
            memset(object + 1, 0, sizes[class] - sizeof *object);
    }
}

static unsigned order_of(size_t size) {
    unsigned order = 0;
    while ((PAGE_SIZE << order) < size)
        order++;
    return order;
}

static bool is_run(const void *memory) {
    return ((uintptr_t)memory & PAGE_MASK) == 0;
}

void *kmalloc(size_t size) {
    if (size <= LARGEST)
        return object_alloc(size);
    if (size > (PAGE_SIZE << 10))
        return NULL;
    if (size <= PAGE_SIZE)
        return page_alloc();
    unsigned order = order_of(size);
    void *run = pages_alloc(order);
    /* All of the run, since krealloc takes all of it along and promises zeros behind the old size.
     */
    return run == NULL ? NULL : memset(run, 0, PAGE_SIZE << order);
}

void kfree(void *memory) {
    if (memory == NULL)
        return;
    if (is_run(memory))
        pages_free(memory, pages_order(memory));
    else
        object_free(memory);
}

static size_t capacity_of(void *memory) {
    return is_run(memory) ? PAGE_SIZE << pages_order(memory) : sizes[slab_of(memory)->class];
}

void *krealloc(void *memory, size_t size) {
    if (memory == NULL)
        return kmalloc(size);
    size_t old = capacity_of(memory);
    void *fresh = kmalloc(size);
    if (fresh == NULL)
        return NULL;
    memcpy(fresh, memory, MIN(old, size));
    kfree(memory);
    return fresh;
}

char *kstrndup(const char *text, size_t length) {
    char *copy = kmalloc(length + 1);
    if (copy != NULL)
        memcpy(copy, text, length);
    return copy;
}
