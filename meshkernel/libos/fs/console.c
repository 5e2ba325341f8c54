#include "fs/console.h"

#include "core/alloc.h"
#include "core/list.h"
#include "core/print.h"
#include "fs/console_open.h"
#include "linux/errno.h"
#include "mm/user.h"

#define INPUT_SIZE 4096u /* a power of two */
#define END_OF_FILE 0x04
#define PIECE 512

static char input[INPUT_SIZE];
static unsigned head, tail; /* read at tail; they only grow */
static bool within_line, end_held, ended;
static struct list open_files = LIST_INIT(open_files);

void (*console_has_room)(void);

/* Every open file has waiters of its own. */
struct console_file {
    struct list link;
    struct file *file;
};

static void keep(char byte) {
    input[head++ % INPUT_SIZE] = byte;
    within_line = byte != '\n';
}

/* Within a line, the first of two marks waits for the second: alone, it is a byte like any other.
 */
static void take_byte(char byte) {
    if (ended)
        return;
    if (byte == END_OF_FILE && (end_held || !within_line)) {
        ended = true;
        return;
    }
    if (end_held)
        keep(END_OF_FILE);
    end_held = byte == END_OF_FILE;
    if (!end_held)
        keep(byte);
}

size_t console_room(void) {
    size_t left = INPUT_SIZE - (head - tail);

    return left > 0 ? left - 1 : 0; /* for the mark that is held */
}

void console_input(const char *bytes, size_t size) {
    for (size_t i = 0; i < size && console_room() > 0; i++)
        take_byte(bytes[i]);
    LIST_FOR_EACH(link, &open_files)
    wait_wake(&LIST_ENTRY(link, struct console_file, link)->file->waiters, EPOLLIN);
}

static bool is_readable(void) {
    return head != tail || ended;
}

static ssize_t take_input(struct io *io) {
    ssize_t done = 0;

    while (io->left > 0 && head != tail) {
        unsigned at = tail % INPUT_SIZE;
        ssize_t count = io_to_user(io, &input[at], MIN(head - tail, INPUT_SIZE - at));

        if (count < 0)
            return done ? done : count;
        tail += (unsigned)count;
        done += count;
    }
    return done;
}

static ssize_t console_read(struct file *file, struct io *io, uint64_t *offset) {
    (void)offset;
    if (!is_readable() && file->flags & O_NONBLOCK)
        return -EAGAIN;
    int error = WAIT_UNTIL(&file->waiters, NANOS_NEVER, is_readable());
    ssize_t done = error ? error : take_input(io);
    if (console_has_room)
        console_has_room();
    return done;
}

static ssize_t console_file_write(struct file *file, struct io *io, uint64_t *offset) {
    char piece[PIECE];
    ssize_t done = 0;

    (void)file, (void)offset;
    while (io->left > 0) {
        ssize_t count = io_from_user(io, piece, sizeof(piece));

        if (count <= 0)
            return done ? done : count;
        console_write(piece, (size_t)count);
        done += count;
    }
    return done;
}

static uint32_t console_poll(struct file *file) {
    (void)file;
    return EPOLLOUT | (is_readable() ? EPOLLIN : 0);
}

#define FIONREAD 0x541B

static int console_ioctl(struct file *file, unsigned command, uaddr_t arg) {
    int count = (int)(head - tail);

    (void)file;
    return command == FIONREAD ? put_user(count, arg) : -ENOTTY;
}

static void console_release(struct file *file) {
    struct console_file *console = file->private;

    list_remove(&console->link);
    kfree(console);
}

static const struct file_ops console_ops = {
    .read = console_read,
    .write = console_file_write,
    .poll = console_poll,
    .ioctl = console_ioctl,
    .release = console_release,
};

int console_open(int flags, struct file **file) {
    struct console_file *console = knew(struct console_file);

    *file = console ? file_new(&console_ops, console, flags) : NULL;
    if (*file == NULL) {
        kfree(console);
        return -ENOMEM;
    }
    console->file = *file;
    list_append(&open_files, &console->link);
    return 0;
}
