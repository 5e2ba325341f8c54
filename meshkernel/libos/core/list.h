/* An intrusive, circular, doubly linked list. A node that is on no list points at itself,
 * so list_remove may be called twice. */
#pragma once

#include "core/types.h"

struct list {
    struct list *next, *previous;
};

#define LIST_INIT(name) {&(name), &(name)}

static inline void list_init(struct list *list) {
    list->next = list->previous = list;
}

static inline bool list_empty(const struct list *list) {
    return list->next == list;
}

static inline void list_insert_before(struct list *position, struct list *node) {
    node->previous = position->previous;
    node->next = position;
    position->previous->next = node;
    position->previous = node;
}

static inline void list_append(struct list *head, struct list *node) {
    list_insert_before(head, node);
}

static inline void list_prepend(struct list *head, struct list *node) {
    list_insert_before(head->next, node);
}

static inline void list_remove(struct list *node) {
    node->previous->next = node->next;
    node->next->previous = node->previous;
    list_init(node);
}

#define LIST_ENTRY(node, type, member) CONTAINER_OF(node, type, member)
#define LIST_FIRST(head, type, member) LIST_ENTRY((head)->next, type, member)

/* The body may remove `node` itself, and no other. */
#define LIST_FOR_EACH(node, head)                                                                  \
    for (struct list *node = (head)->next, *next_ = node->next; node != (head);                    \
         node = next_, next_ = node->next)
