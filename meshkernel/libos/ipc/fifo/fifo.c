/* Named pipes: nodes in memory that keep a pipe while anybody has them open. */
#include "core/start.h"
#include "fs/tree.h"
#include "ipc/pipe/pipe.h"

static int fifo_open(struct node *node, int flags, struct file **file) {
    return pipe_open((struct pipe **)&node->data, flags, file);
}

static const struct node_kind fifo_kind = {.open = fifo_open};

static void offer(void) {
    named_pipe_kind = &fifo_kind;
}
START(START_FILES, offer);
