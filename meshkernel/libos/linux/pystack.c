/* The walk from _PyRuntime to the frames of a thread. Everything read may be half written or
 * broken, since it is read in the middle of anything: what does not make sense ends the walk, and
 * every loop is bounded. */
#include "linux/pystack.h"

#include "arch/x86_64/paging.h"
#include "core/print.h"
#include "core/string.h"
#include "core/thread.h"
#include "fs/imagefs.h"
#include "generated/python.h"
#include "linux/pyline.h"
#include "mm/space.h"

#if PYTHON_OBJECT_INODE

#define FRAMES_MAX 64 /* printed; of a deeper stack the newest */
#define THREADS_MAX 1024
#define PRINTED_MAX 64 /* other threads */
#define NAME_SIZE 128
#define OWNED_BY_C 3 /* the border to the C stack: no function, and its code means nothing */
#define SHIM_SINCE 0x030c

/* Reads through the page tables and never by the address itself: in a panic there may be no way to
 * survive a fault. What is not there yet has not been written either. */
static bool peek(void *to, uaddr_t from, size_t size) {
    uint8_t *out = to;

    while (size > 0) {
        size_t within = from & PAGE_MASK, step = MIN(size, PAGE_SIZE - within);
        const uint8_t *page = from < SPACE_TOP ? paging_lookup(PAGE_DOWN(from), NULL) : NULL;

        if (page == NULL)
            return false;
        memcpy(out, page + within, step);
        out += step;
        from += step;
        size -= step;
    }
    return true;
}

static uint64_t peek_word(uaddr_t address) {
    uint64_t value;

    return peek(&value, address, sizeof(value)) ? value : 0;
}

/* The first of the interpreter's thread states; 0 without an interpreter. */
static uaddr_t first_state(void) {
    uaddr_t bias = PYTHON_OBJECT_FIXED ? 0 : space_find_file(IMAGEFS_DEVICE, PYTHON_OBJECT_INODE);

    if (!PYTHON_OBJECT_FIXED && bias == 0)
        return 0;
    uaddr_t interpreter = peek_word(bias + PYTHON_RUNTIME_VALUE + PYTHON_RUNTIME_INTERPRETERS);
    return interpreter ? peek_word(interpreter + PYTHON_INTERPRETER_THREADS) : 0;
}

static uaddr_t next_state(uaddr_t state) {
    return peek_word(state + PYTHON_THREAD_NEXT);
}

static int tid_of(uaddr_t state) {
    return (int)peek_word(state + PYTHON_THREAD_NATIVE_ID);
}

static uaddr_t find_state(int tid) {
    uaddr_t state = first_state();

    for (int i = 0; state && i < THREADS_MAX; i++, state = next_state(state))
        if (tid_of(state) == tid)
            return state;
    return 0;
}

static bool is_function(uaddr_t frame) {
    uint8_t owner;

    if (PYTHON_VERSION < SHIM_SINCE)
        return true;
    return peek(&owner, frame + PYTHON_FRAME_OWNER, 1) && owner != OWNED_BY_C;
}

/* The frame itself or the next older one that is a Python function; 0 at the end. */
static uaddr_t skip_to_function(uaddr_t frame) {
    for (int i = 0; frame && !is_function(frame) && i < THREADS_MAX; i++)
        frame = peek_word(frame + PYTHON_FRAME_PREVIOUS);
    return frame;
}

static uaddr_t newest_frame(uaddr_t state) {
    if (state == 0)
        return 0;
    uaddr_t frame = peek_word(state + PYTHON_THREAD_FRAME);
    if (frame && PYTHON_THREAD_FRAME_INDIRECT)
        frame = peek_word(frame + PYTHON_CFRAME_FRAME);
    return skip_to_function(frame);
}

static uaddr_t older_frame(uaddr_t frame) {
    return skip_to_function(peek_word(frame + PYTHON_FRAME_PREVIOUS));
}

/* PyASCIIObject.state, after two bits that do not matter here. */
#define STATE_KIND(state) (((state) >> 2) & 7)
#define STATE_COMPACT(state) ((state) & 0x20)
#define STATE_ASCII(state) ((state) & 0x40)

static char readable(uaddr_t address, unsigned kind) {
    uint32_t character = 0;

    if (!peek(&character, address, kind) || character < ' ' || character > '~')
        return '?';
    return (char)character;
}

/* `tail`: keep the end of what is too long (of a path), else the beginning. */
static void read_text(char *to, size_t size, uaddr_t text, bool tail) {
    uint64_t length = peek_word(text + PYTHON_TEXT_LENGTH), skipped = 0;
    uint32_t state = 0;
    size_t i;

    peek(&state, text + PYTHON_TEXT_STATE, sizeof(state));
    unsigned kind = STATE_KIND(state);
    if (!STATE_COMPACT(state) || (kind != 1 && kind != 2 && kind != 4) || length > UINT32_MAX) {
        string_copy(to, "?", size);
        return;
    }
    uaddr_t data = text + (STATE_ASCII(state) ? PYTHON_TEXT_ASCII_DATA : PYTHON_TEXT_COMPACT_DATA);
    if (tail && length > size - 1)
        skipped = length - (size - 1);
    for (i = 0; i < size - 1 && i < length; i++)
        to[i] = readable(data + (skipped + i) * kind, kind);
    to[i] = '\0';
}

static int table_byte(void *table, size_t index) {
    uint8_t byte;

    return peek(&byte, *(const uaddr_t *)table + index, 1) ? byte : -1;
}

static int line_of(uaddr_t frame, uaddr_t code) {
    uaddr_t table = peek_word(code + PYTHON_CODE_LINETABLE), data = table + PYTHON_BYTES_DATA;
    uint64_t size = peek_word(table + PYTHON_BYTES_SIZE);
    int64_t instruction =
        (int64_t)(peek_word(frame + PYTHON_FRAME_INSTRUCTION) - code - PYTHON_CODE_INSTRUCTIONS);
    int32_t first = 0;

    peek(&first, code + PYTHON_CODE_FIRST_LINE, sizeof(first));
    return python_line(table_byte, &data, size, first, instruction);
}

static void print_frame(uaddr_t frame) {
    uaddr_t code = peek_word(frame + PYTHON_FRAME_CODE);
    char file[NAME_SIZE], name[NAME_SIZE];

    read_text(file, sizeof(file), peek_word(code + PYTHON_CODE_FILENAME), true);
    read_text(name, sizeof(name), peek_word(code + PYTHON_CODE_QUALNAME), false);
    print("  File \"%s\", line %d in %s\n", file, line_of(frame, code), name);
}

/* False when it has none. */
static bool print_stack(uaddr_t state, const char *whose) {
    uaddr_t frames[FRAMES_MAX], frame = newest_frame(state);
    size_t count = 0;

    for (; frame && count < FRAMES_MAX; frame = older_frame(frame))
        frames[count++] = frame;
    if (count == 0)
        return false;
    print("meshkernel: Python stack%s, newest call last:\n", whose);
    if (frame)
        print("  ...\n");
    while (count > 0)
        print_frame(frames[--count]);
    return true;
}

void python_stacks_print(const struct thread *thread) {
    char whose[40];
    int own = thread ? thread->tid : 0, printed = 0;

    if (!print_stack(own ? find_state(own) : 0, ""))
        print("meshkernel: no Python here\n");
    uaddr_t state = first_state();
    for (int i = 0; state && i < THREADS_MAX && printed < PRINTED_MAX;
         i++, state = next_state(state)) {
        if (tid_of(state) == own)
            continue;
        format(whose, sizeof(whose), " of thread %d", tid_of(state));
        printed += print_stack(state, whose);
    }
    if (state)
        print("meshkernel: there are more threads\n");
}

bool python_location(const struct thread *thread, char *to, size_t size) {
    uaddr_t frame = thread ? newest_frame(find_state(thread->tid)) : 0;
    char file[NAME_SIZE];

    to[0] = '\0';
    if (frame == 0)
        return false;
    uaddr_t code = peek_word(frame + PYTHON_FRAME_CODE);
    read_text(file, sizeof(file), peek_word(code + PYTHON_CODE_FILENAME), true);
    format(to, size, "%s:%d", file, line_of(frame, code));
    return true;
}

#else

void python_stacks_print(const struct thread *thread) {
    (void)thread;
    print("meshkernel: no Python here\n");
}

bool python_location(const struct thread *thread, char *to, size_t size) {
    (void)thread;
    (void)size;
    to[0] = '\0';
    return false;
}

#endif
