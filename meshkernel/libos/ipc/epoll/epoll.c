/* An item watches one file by a waiter on its queue. A wake-up puts the item on the ready list;
 * collecting looks only at that list. A level-triggered item stays there until its file is found
 * not ready. A file that is freed takes its items along (EPOLL_GONE), so an item needs no
 * reference. */
#include "ipc/epoll/epoll.h"

#include "core/alloc.h"
#include "core/list.h"
#include "linux/errno.h"

#define BUCKETS_FIRST 16u
#define NESTING_MAX 4
#define ALWAYS (EPOLLERR | EPOLLHUP)
#define FLAGS (EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLONESHOT | EPOLLET)

struct epoll {
    struct file *file;
    struct list *buckets; /* by descriptor */
    unsigned bucket_count, item_count;
    struct list ready;
};

struct item {
    struct waiter waiter; /* on target->waiters */
    struct list bucket_link;
    struct list ready_link; /* on no list while not ready */
    struct epoll *epoll;
    struct file *target;
    int fd;          /* with target the key: the number alone may come to mean another file */
    uint32_t events; /* without flags; 0 once a one-shot item has fired */
    uint32_t flags;
    uint64_t data;
};

static const struct file_ops epoll_ops;

bool is_epoll(const struct file *file) {
    return file->ops == &epoll_ops;
}

static uint32_t readiness(const struct item *item) {
    if (item->events == 0)
        return 0;
    return item->target->ops->poll(item->target) & item->events;
}

static void free_item(struct item *item) {
    wait_remove(&item->waiter);
    list_remove(&item->bucket_link);
    list_remove(&item->ready_link);
    item->epoll->item_count--;
    kfree(item);
}

static void make_ready(struct item *item) {
    if (list_empty(&item->ready_link))
        list_append(&item->epoll->ready, &item->ready_link);
    wait_wake(&item->epoll->file->waiters, EPOLLIN);
}

static void item_wake(struct waiter *waiter, uint32_t events) {
    struct item *item = CONTAINER_OF(waiter, struct item, waiter);

    if (events & EPOLL_GONE)
        free_item(item);
    else if (item->events && (events == 0 || events & item->events))
        make_ready(item);
}

static struct list *bucket_of(const struct epoll *epoll, int fd) {
    return &epoll->buckets[(unsigned)fd % epoll->bucket_count];
}

static struct item *find(const struct epoll *epoll, int fd, const struct file *target) {
    LIST_FOR_EACH(link, bucket_of(epoll, fd)) {
        struct item *item = LIST_ENTRY(link, struct item, bucket_link);

        if (item->fd == fd && item->target == target)
            return item;
    }
    return NULL;
}

static struct list *make_buckets(unsigned count) {
    struct list *buckets = kmalloc(count * sizeof(*buckets));

    for (unsigned i = 0; buckets && i < count; i++)
        list_init(&buckets[i]);
    return buckets;
}

/* Twice the buckets; without memory for them the old ones go on to serve, more slowly. */
static void grow(struct epoll *epoll) {
    struct epoll grown = {.bucket_count = 2 * epoll->bucket_count};

    grown.buckets = make_buckets(grown.bucket_count);
    if (grown.buckets == NULL)
        return;
    for (unsigned i = 0; i < epoll->bucket_count; i++) {
        LIST_FOR_EACH(link, &epoll->buckets[i]) {
            list_remove(link);
            list_append(bucket_of(&grown, LIST_ENTRY(link, struct item, bucket_link)->fd), link);
        }
    }
    kfree(epoll->buckets);
    epoll->buckets = grown.buckets;
    epoll->bucket_count = grown.bucket_count;
}

/* Whether watching `target` from `file` closes a circle, or makes too long a chain. */
static bool makes_loop(const struct file *file, const struct file *target, int depth) {
    const struct epoll *epoll = target->private;

    if (!is_epoll(target))
        return false;
    if (target == file || depth > NESTING_MAX)
        return true;
    for (unsigned i = 0; i < epoll->bucket_count; i++)
        LIST_FOR_EACH(link, &epoll->buckets[i])
    if (makes_loop(file, LIST_ENTRY(link, struct item, bucket_link)->target, depth + 1))
        return true;
    return false;
}

static void set_events(struct item *item, const struct epoll_event *event) {
    item->events = (event->events & ~FLAGS) | ALWAYS;
    item->flags = event->events & FLAGS;
    item->data = event->data;
    if (readiness(item))
        make_ready(item);
}

static int add(struct epoll *epoll, int fd, struct file *target, const struct epoll_event *event) {
    if (target->ops->poll == NULL)
        return -EPERM;
    if (makes_loop(epoll->file, target, 1))
        return -ELOOP;
    struct item *item = knew(struct item);
    if (item == NULL)
        return -ENOMEM;
    if (epoll->item_count >= 2 * epoll->bucket_count)
        grow(epoll);
    item->epoll = epoll;
    item->target = target;
    item->fd = fd;
    item->waiter.wake = item_wake;
    list_init(&item->ready_link);
    list_append(bucket_of(epoll, fd), &item->bucket_link);
    wait_add(&target->waiters, &item->waiter);
    epoll->item_count++;
    set_events(item, event);
    return 0;
}

int epoll_control(struct file *file, int operation, int fd, struct file *target,
                  const struct epoll_event *event) {
    struct epoll *epoll = file->private;
    struct item *item = find(epoll, fd, target);

    if (file == target)
        return -EINVAL;
    if (operation == EPOLL_CTL_ADD)
        return item ? -EEXIST : add(epoll, fd, target, event);
    if (operation != EPOLL_CTL_DEL && operation != EPOLL_CTL_MOD)
        return -EINVAL;
    if (item == NULL)
        return -ENOENT;
    if (operation == EPOLL_CTL_DEL)
        free_item(item);
    else
        set_events(item, event);
    return 0;
}

unsigned epoll_size(const struct file *file) {
    return ((const struct epoll *)file->private)->item_count;
}

int epoll_collect(struct file *file, struct epoll_event *events, int limit) {
    struct epoll *epoll = file->private;
    struct list looked_at =
        LIST_INIT(looked_at); /* level-triggered, to be looked at again next time */
    int count = 0;

    while (count < limit && !list_empty(&epoll->ready)) {
        struct item *item = LIST_FIRST(&epoll->ready, struct item, ready_link);
        uint32_t ready = readiness(item);

        list_remove(&item->ready_link);
        if (ready == 0)
            continue;
        events[count++] = (struct epoll_event){ready, item->data};
        if (item->flags & EPOLLONESHOT)
            item->events = 0;
        else if ((item->flags & EPOLLET) == 0)
            list_append(&looked_at, &item->ready_link);
    }
    /* Behind the others: with a small limit everyone gets a turn. */
    while (!list_empty(&looked_at)) {
        struct list *link = looked_at.next;

        list_remove(link);
        list_append(&epoll->ready, link);
    }
    return count;
}

static uint32_t epoll_poll(struct file *file) {
    struct epoll *epoll = file->private;

    LIST_FOR_EACH(link, &epoll->ready) {
        struct item *item = LIST_ENTRY(link, struct item, ready_link);

        if (readiness(item))
            return EPOLLIN;
        list_remove(link);
    }
    return 0;
}

static void epoll_release(struct file *file) {
    struct epoll *epoll = file->private;

    for (unsigned i = 0; i < epoll->bucket_count; i++)
        LIST_FOR_EACH(link, &epoll->buckets[i])
    free_item(LIST_ENTRY(link, struct item, bucket_link));
    kfree(epoll->buckets);
    kfree(epoll);
}

static const struct file_ops epoll_ops = {.poll = epoll_poll, .release = epoll_release};

struct file *epoll_new(void) {
    struct epoll *epoll = knew(struct epoll);

    if (epoll == NULL)
        return NULL;
    epoll->bucket_count = BUCKETS_FIRST;
    epoll->buckets = make_buckets(BUCKETS_FIRST);
    epoll->file = epoll->buckets ? file_new(&epoll_ops, epoll, O_RDWR) : NULL;
    list_init(&epoll->ready);
    if (epoll->file == NULL) {
        kfree(epoll->buckets);
        kfree(epoll);
        return NULL;
    }
    return epoll->file;
}
