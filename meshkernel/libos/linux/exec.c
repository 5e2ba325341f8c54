/* Starting the one program: its segments, its interpreter, its first stack. */
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/trap.h"
#include "arch/x86_64/xsave.h"
#include "core/boot.h"
#include "core/print.h"
#include "core/random.h"
#include "core/stamps.h"
#include "core/string.h"
#include "core/thread.h"
#include "fs/fs.h"
#include "fs/path.h"
#include "linux/elf.h"
#include "linux/process.h"
#include "linux/sigframe.h"
#include "mm/space.h"
#include "mm/user.h"

#define AT_NULL 0
#define AT_PHDR 3
#define AT_PHENT 4
#define AT_PHNUM 5
#define AT_PAGESZ 6
#define AT_BASE 7
#define AT_FLAGS 8
#define AT_ENTRY 9
#define AT_UID 11
#define AT_EUID 12
#define AT_GID 13
#define AT_EGID 14
#define AT_PLATFORM 15
#define AT_HWCAP 16
#define AT_CLKTCK 17
#define AT_SECURE 23
#define AT_RANDOM 25
#define AT_HWCAP2 26
#define AT_EXECFN 31
#define AT_SYSINFO_EHDR 33
#define AT_MINSIGSTKSZ 51

#define HWCAP2_FSGSBASE 2
#define AUXILIARY_MAX 24

/* The first stack is written from its top down. Once something does not fit, `fault` stays set. */
struct stack {
    uaddr_t top;
    bool fault;
};

static uaddr_t push(struct stack *stack, const void *bytes, size_t size) {
    stack->top -= size;
    if (copy_to_user(stack->top, bytes, size) != 0)
        stack->fault = true;
    return stack->top;
}

static uaddr_t push_text(struct stack *stack, const char *text) {
    return push(stack, text, strlen(text) + 1);
}

/* Texts go above the arrays that point to them, so they are pushed first, last one first: the
 * addresses of an array then follow from the lengths alone. */
static uaddr_t push_texts(struct stack *stack, const char **texts, size_t count) {
    while (count > 0)
        push_text(stack, texts[--count]);
    return stack->top;
}

static uaddr_t write_pointers(struct stack *stack, uaddr_t to, const char **texts, size_t count,
                              uaddr_t address) {
    uint64_t end = 0;

    for (size_t i = 0; i < count; i++, to += 8) {
        if (put_user(address, to) != 0)
            stack->fault = true;
        address += strlen(texts[i]) + 1;
    }
    if (put_user(end, to) != 0)
        stack->fault = true;
    return to + 8;
}

uaddr_t (*process_map_vdso)(void);

struct auxiliary {
    uint64_t pairs[AUXILIARY_MAX][2];
    size_t count;
};

static void add(struct auxiliary *vector, uint64_t key, uint64_t value) {
    assert(vector->count < AUXILIARY_MAX);
    vector->pairs[vector->count][0] = key;
    vector->pairs[vector->count++][1] = value;
}

static void describe(struct auxiliary *vector, const struct elf_image *program,
                     uaddr_t interpreter_base) {
    uaddr_t vdso = process_map_vdso ? process_map_vdso() : 0;

    if (vdso)
        add(vector, AT_SYSINFO_EHDR, vdso);
    add(vector, AT_MINSIGSTKSZ, signal_frame_size());
    add(vector, AT_HWCAP, cpu.hwcap);
    add(vector, AT_PAGESZ, PAGE_SIZE);
    add(vector, AT_CLKTCK, 100);
    add(vector, AT_PHDR, program->headers);
    add(vector, AT_PHENT, ELF_HEADER_SIZE);
    add(vector, AT_PHNUM, program->header_count);
    add(vector, AT_BASE, interpreter_base);
    add(vector, AT_FLAGS, 0);
    add(vector, AT_ENTRY, program->entry);
    add(vector, AT_UID, 0);
    add(vector, AT_EUID, 0);
    add(vector, AT_GID, 0);
    add(vector, AT_EGID, 0);
    add(vector, AT_SECURE, 0);
    add(vector, AT_HWCAP2, cpu.fsgsbase ? HWCAP2_FSGSBASE : 0);
}

/* The stack pointer at the entry: argc, argv, envp and the auxiliary vector lie from there on. */
static uaddr_t build_stack(uaddr_t top, struct auxiliary *vector) {
    struct stack stack = {.top = top};
    uint8_t random[16];

    random_bytes(random, sizeof(random));
    add(vector, AT_EXECFN, push_text(&stack, boot.arguments[0]));
    add(vector, AT_PLATFORM, push_text(&stack, "x86_64"));
    add(vector, AT_RANDOM, push(&stack, random, sizeof(random)));
    add(vector, AT_NULL, 0);
    uaddr_t environment = push_texts(&stack, boot.environment, boot.environment_count);
    uaddr_t arguments = push_texts(&stack, boot.arguments, boot.argument_count);

    size_t words = 1 + boot.argument_count + 1 + boot.environment_count + 1 + 2 * vector->count;
    uaddr_t start = (stack.top - words * 8) & ~UINT64_C(15), at = start + 8;
    uint64_t count = boot.argument_count;
    if (put_user(count, start) != 0)
        stack.fault = true;
    at = write_pointers(&stack, at, boot.arguments, boot.argument_count, arguments);
    at = write_pointers(&stack, at, boot.environment, boot.environment_count, environment);
    if (copy_to_user(at, vector->pairs, vector->count * sizeof(vector->pairs[0])) != 0)
        stack.fault = true;
    if (stack.fault)
        panic("the arguments and the environment do not fit on the program's stack");
    return start;
}

static void load(const char *path, bool is_interpreter, struct elf_image *image) {
    char sentence[512];
    int error = 0;
    struct file *file = file_open(path, O_RDONLY, &error);

    if (file == NULL) {
        format(sentence, sizeof(sentence),
               "the program cannot start: %s cannot be opened (error %d)", path, -error);
        panic(sentence);
    }
    const char *fault = elf_load(file, is_interpreter, image);
    if (fault) {
        format(sentence, sizeof(sentence), "the program cannot start: %s %s", path, fault);
        panic(sentence);
    }
    file_put(file);
}

static const char *base_name(const char *path) {
    const char *name = path;

    for (; *path; path++)
        if (*path == '/')
            name = path + 1;
    return name;
}

noreturn void exec_first(void) {
    struct elf_image program, interpreter = {0};
    struct auxiliary vector = {.count = 0};
    struct trap_frame frame = {0};

    load(boot.arguments[0], false, &program);
    space_set_break(program.end);
    if (program.interpreter[0])
        load(program.interpreter, true, &interpreter);
    uaddr_t top = space_map_stack();
    if (top == 0)
        panic("the program cannot start: there is no room for its stack");
    describe(&vector, &program, interpreter.start);
    frame.rsp = build_stack(top, &vector);
    frame.rip = interpreter.start ? interpreter.entry : program.entry;
    frame.rflags = RFLAGS_FIXED | RFLAGS_IF;
    fs_open_console();
    string_copy(current->name, base_name(boot.arguments[0]), THREAD_NAME_SIZE);
    process_begin(current);
    stamp(STAMP_PROGRAM);
    return_to_user(&frame);
}
