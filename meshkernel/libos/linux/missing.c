/* System calls that are not there answer ENOSYS, and a line on the console names each once; so it
 * does what else a program misses, such as a way of connecting. */
#include "core/boot.h"
#include "core/print.h"
#include "core/string.h"
#include "core/thread.h"
#include "linux/errno.h"
#include "linux/process.h"
#include "linux/pystack.h"

#define CALLS_MAX 512
#define LINE_MAX 512

/* What would bring a call in: the name of each library, and behind it the numbers of its calls. */
static const char left_out[] =
#define LEFT_OUT(library, numbers) library "\0" numbers "\0"
#include "generated/left_out.h"
#undef LEFT_OUT
    "";

static bool has_number(const char *text, int number) {
    while (*text) {
        int own = 0;
        for (; *text >= '0' && *text <= '9'; text++)
            own = own * 10 + *text - '0';
        if (own == number)
            return true;
        text += *text == ' ';
    }
    return false;
}

static const char *library_of(int number) {
    for (const char *library = left_out; *library;) {
        const char *numbers = library + strlen(library) + 1;
        if (has_number(numbers, number))
            return library;
        library = numbers + strlen(numbers) + 1;
    }
    return NULL;
}

/* Calls that would make or become another process. clone is there or left out, as threads are. */
static bool makes_process(int number) {
    return (number >= 57 && number <= 59) || number == 322;
}

static bool is_reported(int number) {
    static bool reported[CALLS_MAX + 1]; /* the last stands for all numbers that no call has */
    bool *flag = &reported[number >= 0 && number < CALLS_MAX ? number : CALLS_MAX];
    bool before = *flag;

    *flag = true;
    return before;
}

static void report(const char *name, const char *why) {
    char place[160];
    bool found = python_location(current, place, sizeof(place));

    print("meshkernel: %s is not available%s%s%s\n", name, why, found ? "; called from " : "",
          found ? place : "");
}

static void explain(char why[LINE_MAX], const char *library) {
    format(why, LINE_MAX,
           ": it is in the library %s, which this image leaves out; write include = [\"%s\"] "
           "below [services.%s.libos] in topology.toml",
           library, library, boot.hostname ? boot.hostname : "NAME");
}

int64_t report_missing_call(int number, const char *name) {
    char call[64], why[LINE_MAX] = {0};
    const char *library = library_of(number);

    if (is_reported(number))
        return -ENOSYS;
    if (makes_process(number)) {
        report(name, " in a unikernel (one process)");
        return -ENOSYS;
    }
    if (name)
        format(call, sizeof(call), "the system call %s", name);
    else
        format(call, sizeof(call), "the system call number %d", number);
    if (library)
        explain(why, library);
    report(call, why);
    return -ENOSYS;
}

void report_left_out(const char *what, const char *library, bool *told) {
    char why[LINE_MAX];

    if (*told)
        return;
    *told = true;
    explain(why, library);
    report(what, why);
}
