/* The boot configuration: abi/boot.h. */
#include "core/boot.h"

#include "abi/boot.h"
#include "core/alloc.h"
#include "core/print.h"
#include "core/string.h"

#define MTU_LEAST 576
#define MTU_MOST 65535

#define DEFAULT_DIRECTORY "/"
#define DEFAULT_HOSTNAME "meshkernel"
#define DEFAULTS {.directory = DEFAULT_DIRECTORY, .hostname = DEFAULT_HOSTNAME}

struct boot boot = DEFAULTS;

/* A line, cut in two. The value is our own copy with the %xx taken out; it is freed behind the line
 * unless it was kept. */
struct line {
    unsigned number;
    const char *key;
    size_t key_length;
    char *value;
    size_t length;
};

/* Behind a seal all of this runs once, so it is as fast as it is short. */
#define NOT_INLINED __attribute__((noinline))

static noreturn void fault(const struct line *line, const char *what) {
    static char sentence[160];
    format(sentence, sizeof sentence, "line %u of the boot configuration: %s", line->number, what);
    panic(sentence);
}

static int hex_digit(char c) {
    unsigned digit = (unsigned)c - '0', letter = ((unsigned)c | 0x20) - 'a';
    if (digit <= 9)
        return (int)digit;
    return letter < 6 ? (int)letter + 10 : -1;
}

NOT_INLINED static int hex_byte(const char *text, size_t left) {
    if (left < 2 || hex_digit(text[0]) < 0 || hex_digit(text[1]) < 0)
        return -1;
    return hex_digit(text[0]) << 4 | hex_digit(text[1]);
}

static void decode_value(struct line *line, const char *text, size_t size) {
    line->value = kmalloc(size + 1);
    if (line->value == NULL)
        fault(line, "no memory for it");
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c == '%') {
            int byte = hex_byte(text + i + 1, size - i - 1);
            if (byte < 0)
                fault(line, "% must be followed by two hexadecimal digits");
            c = (char)byte;
            i += 2;
        }
        line->value[line->length++] = c;
    }
}

static char *keep(struct line *line) {
    char *value = line->value;
    line->value = NULL;
    return value;
}

/* A longer array with room for one more element and zeros behind it. */
static void *grown(const struct line *line, void *array, size_t count, size_t size) {
    void *longer = krealloc(array, (count + 2) * size);
    if (longer == NULL)
        fault(line, "no memory for it");
    return longer;
}

static uint64_t number(const struct line *line, const char *text, size_t size, uint64_t limit) {
    uint64_t value = 0;
    if (size == 0)
        fault(line, "a number is missing");
    for (size_t i = 0; i < size; i++) {
        unsigned digit = (unsigned)(text[i] - '0');
        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            fault(line, "this is not a number");
        value = value * 10 + digit;
    }
    if (value > limit)
        fault(line, "this number is too large");
    return value;
}

NOT_INLINED static size_t span(const char *text, size_t size, char end) {
    size_t length = 0;
    while (length < size && text[length] != end)
        length++;
    return length;
}

static uint32_t ipv4(const struct line *line, const char *text, size_t size) {
    uint8_t bytes[4];
    for (int i = 0; i < 4; i++) {
        size_t length = span(text, size, '.');
        bytes[i] = (uint8_t)number(line, text, length, 255);
        if ((length == size) != (i == 3))
            fault(line, "an address has four numbers with dots between");
        text += MIN(length + 1, size);
        size -= MIN(length + 1, size);
    }
    uint32_t address;
    memcpy(&address, bytes, sizeof address);
    return address;
}

static void take_abi(struct line *line) {
    if (number(line, line->value, line->length, UINT32_MAX) != BOOT_ABI_VERSION)
        fault(line, "the host speaks another version of it");
}

static void take_argument(struct line *line) {
    boot.arguments = grown(line, boot.arguments, boot.argument_count, sizeof(char *));
    boot.arguments[boot.argument_count++] = keep(line);
}

static void take_environment(struct line *line) {
    boot.environment = grown(line, boot.environment, boot.environment_count, sizeof(char *));
    boot.environment[boot.environment_count++] = keep(line);
}

static void take_directory(struct line *line) {
    boot.directory = keep(line);
}

static void take_hostname(struct line *line) {
    boot.hostname = keep(line);
}

static void take_address(struct line *line) {
    size_t length = span(line->value, line->length, '/');
    if (length == line->length)
        fault(line, "an address needs its prefix, as in 10.77.0.5/16");
    uint64_t prefix = number(line, line->value + length + 1, line->length - length - 1, 32);
    uint32_t mask = prefix ? ~UINT32_C(0) << (32 - prefix) : 0;
    boot.address = ipv4(line, line->value, length);
    boot.netmask = __builtin_bswap32(mask);
}

static void take_gateway(struct line *line) {
    boot.gateway = ipv4(line, line->value, line->length);
}

static void take_mtu(struct line *line) {
    boot.mtu = (uint16_t)number(line, line->value, line->length, MTU_MOST);
    if (boot.mtu < MTU_LEAST)
        fault(line, "an mtu is at least 576");
}

static void take_host(struct line *line) {
    size_t length = span(line->value, line->length, ' ');
    if (length == line->length)
        fault(line, "a host needs an address and a name");
    boot.hosts = grown(line, boot.hosts, boot.host_count, sizeof *boot.hosts);
    uint32_t address = ipv4(line, line->value, length);
    boot.hosts[boot.host_count++] =
        (struct boot_host){.address = address, .name = keep(line) + length + 1};
}

static void take_seed(struct line *line) {
    if (line->length != 2 * sizeof boot.seed)
        fault(line, "a seed has 64 hexadecimal digits");
    for (size_t i = 0; i < sizeof boot.seed; i++) {
        int byte = hex_byte(line->value + 2 * i, 2);
        if (byte < 0)
            fault(line, "a seed has 64 hexadecimal digits");
        boot.seed[i] = (uint8_t)byte;
    }
    boot.seeded = true;
}

static void take_wall(struct line *line) {
    boot.wall = number(line, line->value, line->length, UINT64_MAX);
}

static void take_file(struct line *line) {
    size_t length = span(line->value, line->length, ' ');
    if (length == line->length || line->value[0] != '/')
        fault(line, "a file needs a path from / and its contents");
    line->value[length] = 0;
    boot.files = grown(line, boot.files, boot.file_count, sizeof *boot.files);
    const char *path = keep(line);
    boot.files[boot.file_count++] = (struct boot_file){
        .path = path, .contents = path + length + 1, .size = line->length - length - 1};
}

static void take_volume(struct line *line) {
    size_t tag = span(line->value, line->length, ' ');
    char *mode = line->value + tag + 1;
    bool read_only = tag + 4 < line->length && memcmp(mode, "ro ", 3) == 0;
    if (tag + 4 >= line->length || mode[3] != '/' || (!read_only && memcmp(mode, "rw ", 3) != 0))
        fault(line, "a volume needs its tag, rw or ro, and a path from /");
    line->value[tag] = 0;
    boot.volumes = grown(line, boot.volumes, boot.volume_count, sizeof *boot.volumes);
    boot.volumes[boot.volume_count++] =
        (struct boot_volume){.tag = keep(line), .path = mode + 3, .read_only = read_only};
}

static void take_trace(struct line *line) {
    boot.trace_size = line->length;
    boot.trace = keep(line);
}

static void take_seal(struct line *line) {
    (void)line;
    boot.seal = true;
}

static const struct {
    const char *key;
    void (*take)(struct line *line);
} keys[] = {
    {"abi", take_abi},
    {"argument", take_argument},
    {"environment", take_environment},
    {"directory", take_directory},
    {"hostname", take_hostname},
    {"address", take_address},
    {"gateway", take_gateway},
    {"mtu", take_mtu},
    {"host", take_host},
    {"seed", take_seed},
    {"wall", take_wall},
    {"file", take_file},
    {"volume", take_volume},
    {"trace", take_trace},
    {"seal", take_seal},
};

static bool is_key(const struct line *line, const char *key) {
    return strlen(key) == line->key_length && memcmp(key, line->key, line->key_length) == 0;
}

static void take(struct line *line) {
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (is_key(line, keys[i].key)) {
            keys[i].take(line);
            return;
        }
    fault(line, "the key is unknown: host and library OS are of different versions");
}

static void wipe(const char *text) {
    memset((char *)text, 0, strlen(text));
}

static void forget(const char *text) {
    wipe(text);
    kfree((char *)text);
}

static void forget_all(const char **texts, size_t count) {
    for (size_t i = 0; i < count; i++)
        forget(texts[i]);
    kfree(texts);
}

void boot_forget(void) {
    forget_all(boot.arguments, boot.argument_count);
    forget_all(boot.environment, boot.environment_count);
    if (strcmp(boot.directory, DEFAULT_DIRECTORY) != 0)
        forget(boot.directory);
    if (strcmp(boot.hostname, DEFAULT_HOSTNAME) != 0)
        wipe(boot.hostname); /* it may be another than was parsed: sethostname */
    boot = (struct boot)DEFAULTS;
}

void boot_parse(const char *text, size_t size) {
    bool first = true;
    struct line line = {.number = 0};
    while (size > 0) {
        size_t length = span(text, size, '\n');
        size_t key = span(text, length, ' ');
        line = (struct line){.number = line.number + 1, .key = text, .key_length = key};
        if (length > 0 && text[0] != '#') {
            size_t skip = MIN(key + 1, length);
            if (first && !is_key(&line, "abi"))
                fault(&line, "the first line must be abi");
            first = false;
            decode_value(&line, text + skip, length - skip);
            take(&line);
            if (line.value != NULL)
                memset(line.value, 0, line.length); /* it may be the seed */
            kfree(line.value);
        }
        text += MIN(length + 1, size);
        size -= MIN(length + 1, size);
    }
    if (boot.argument_count == 0)
        fault(&line, "there is no program: an argument line is missing");
    if (boot.environment == NULL)
        boot.environment = grown(&line, NULL, 0, sizeof(char *));
}
