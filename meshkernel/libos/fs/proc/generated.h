/* Files whose contents are made when they are opened. */
#pragma once

#include "fs/text.h"
#include "fs/tree.h"

struct generator {
    const char *path; /* below the root of its tree */
    void (*generate)(struct text *text);
};

extern const struct node_kind generated_kind; /* node->data is a const struct generator */

/* A file for contents that are ready; takes over the text's memory, also when it fails. */
int generated_open(struct text *text, int flags, struct file **file);
