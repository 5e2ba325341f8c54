/* The client of volumes against a server in this file: one that answers rightly, and one that lies.
 * Whatever a reply says, the client must stay within its buffers (the sanitizers watch), and must
 * go on working with an honest server. */
#include "check.h"
#include "core/boot.h"
#include "core/pages.h"
#include "fs/file.h"
#include "fs/mount.h"
#include "fs/ninep/volume.h"
#include "linux/abi.h"
#include "linux/credentials.h"
#include "linux/errno.h"
#include "shims.h"

/* A volume lives as long as its machine, and the tests make thousands. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "detect_leaks=0";
}

#define FILE_PATH 7
#define FOLDER_PATH 1
#define LINK_PATH 9

struct credentials credentials;

static char contents[200000]; /* of the one file */
static size_t contents_size;
static int fids; /* that the server has */
static uint64_t fid_path[4096];
static unsigned syncs;

/* How the next replies are spoilt. */
static enum { HONEST, SHORT, LONG, WRONG_TAG, WRONG_TYPE, RANDOM, HUGE_COUNT, FAILING } mood;
static size_t cut;
static uint32_t seed = 1;

static uint32_t next_random(void) {
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

static void put_qid(struct message *reply, uint64_t path) {
    put8(reply, path == FOLDER_PATH ? QID_DIRECTORY : path == LINK_PATH ? QID_LINK : 0);
    put32(reply, 0);
    put64(reply, path);
}

static uint64_t find(const char *name, size_t length) {
    if (length == 4 && memcmp(name, "file", 4) == 0)
        return FILE_PATH;
    if (length == 4 && memcmp(name, "link", 4) == 0)
        return LINK_PATH;
    return length == 6 && memcmp(name, "folder", 6) == 0 ? FOLDER_PATH + 100 : 0;
}

static void put_entry(struct message *reply, const char *name, uint64_t path, uint64_t position) {
    put_qid(reply, path);
    put64(reply, position);
    put8(reply, 8);
    put_text(reply, name, strlen(name));
}

static int answer_walk(struct message *request, struct message *reply) {
    uint32_t from = get32(request), to = get32(request);
    uint16_t steps = get16(request);
    uint64_t path = fid_path[from];
    size_t length;

    if (steps > 0) {
        const char *name = get_text(request, NAME_MAX, &length);

        path = name ? find(name, length) : 0;
        if (path == 0)
            return ENOENT;
    }
    fid_path[to] = path;
    fids++;
    put16(reply, steps);
    if (steps > 0)
        put_qid(reply, path);
    return 0;
}

static int answer_attributes(struct message *request, struct message *reply) {
    uint32_t fid = get32(request);

    put64(reply, 0x7ff);
    put_qid(reply, fid_path[fid]);
    put32(reply, (fid_path[fid] == FILE_PATH ? S_IFREG : S_IFDIR) | 0640);
    put32(reply, 3); /* the owner, and the group */
    put32(reply, 4);
    put64(reply, 1);
    put64(reply, 0);
    put64(reply, contents_size);
    for (int i = 0; i < 12; i++)
        put64(reply, 1000 + (uint64_t)i);
    return 0;
}

static int answer_list(struct message *request, struct message *reply) {
    get32(request);
    uint64_t position = get64(request);
    size_t at = reply->at;

    put32(reply, 0);
    if (position == 0) {
        put_entry(reply, ".", FOLDER_PATH, 1);
        put_entry(reply, "..", FOLDER_PATH, 2);
        put_entry(reply, "file", FILE_PATH, 3);
    }
    if (position < 4 && position != 2)
        put_entry(reply, ".meshkernel", FOLDER_PATH + 200, 4);
    uint32_t size = (uint32_t)(reply->at - at - 4);
    memcpy(reply->bytes + at, &size, sizeof(size));
    return 0;
}

static int answer_read(struct message *request, struct message *reply) {
    get32(request);
    uint64_t offset = get64(request);
    uint32_t count = get32(request);

    offset = MIN(offset, (uint64_t)contents_size);
    count = (uint32_t)MIN((uint64_t)count, contents_size - offset);
    put32(reply, count);
    for (uint32_t i = 0; i < count; i++)
        put8(reply, (uint8_t)contents[offset + i]);
    return 0;
}

static int answer_write(struct message *request, struct message *reply) {
    get32(request);
    uint64_t offset = get64(request);
    uint32_t count = get32(request);
    const uint8_t *bytes = get_bytes(request, count);

    CHECK(bytes != NULL);
    if (count > sizeof(contents) || offset > sizeof(contents) - count)
        return EFBIG; /* it believed a file to be that large */
    memcpy(contents + offset, bytes, count);
    contents_size = MAX(contents_size, (size_t)(offset + count));
    put32(reply, count);
    return 0;
}

static int answer(struct message *request, enum ninep_type type, struct message *reply) {
    switch (type) {
    case TVERSION:
        put32(reply, get32(request));
        put_text(reply, "9P2000.L", 8);
        return 0;
    case TATTACH:
        fid_path[get32(request)] = FOLDER_PATH;
        put_qid(reply, FOLDER_PATH);
        return 0;
    case TWALK:
        return answer_walk(request, reply);
    case TCLUNK:
        fids--;
        return 0;
    case TGETATTR:
        return answer_attributes(request, reply);
    case TLOPEN:
        put_qid(reply, fid_path[get32(request)]);
        put32(reply, 0);
        return 0;
    case TREADDIR:
        return answer_list(request, reply);
    case TREAD:
        return answer_read(request, reply);
    case TWRITE:
        return answer_write(request, reply);
    case TREADLINK:
        put_text(reply, "file", 4);
        return 0;
    case TSTATFS:
        put32(reply, 1);
        put32(reply, 4096);
        for (int i = 0; i < 6; i++)
            put64(reply, 100);
        put32(reply, 255);
        return 0;
    case TFSYNC:
        syncs++;
        return 0;
    default: /* those without a result, or with a qid that nobody looks at */
        return 0;
    }
}

/* The bytes of a reply as the mood has them; how many the device says it wrote. */
static uint32_t spoil(uint8_t *bytes, uint32_t size, uint32_t capacity) {
    uint32_t huge = UINT32_MAX - 3;

    switch (mood) {
    case SHORT:
        return (uint32_t)MIN(cut, (size_t)size);
    case LONG:
        memcpy(bytes, &huge, sizeof(huge));
        return size;
    case WRONG_TAG:
        bytes[5] ^= 0x55;
        return size;
    case WRONG_TYPE:
        bytes[4] += 2;
        return size;
    case HUGE_COUNT:
        for (uint32_t i = NINEP_HEADER; i < MIN(size, NINEP_HEADER + 6); i++)
            bytes[i] = 0xff;
        return size;
    case RANDOM:
        for (uint32_t i = next_random() % 4; i < 4; i++)
            bytes[next_random() % MIN(size + 8, capacity)] = (uint8_t)next_random();
        return next_random() % 8 ? size : next_random() % (2 * capacity);
    default:
        return size;
    }
}

static struct request *delayed; /* answered when it is polled for */

static bool submit(struct transport *transport, struct request *request) {
    (void)transport;
    if (delayed)
        return false;
    delayed = request;
    return true;
}

/* The buffers have exactly the size that the client says, so that the sanitizer sees every step
 * beyond. */
static void serve(struct transport *transport) {
    struct request *request = delayed;
    struct message asked = {.bytes = request ? request->out : NULL}, reply;

    (void)transport;
    if (request == NULL)
        return;
    delayed = NULL;
    asked.size = request->out_size;
    uint32_t size = get32(&asked);
    enum ninep_type type = get8(&asked);
    uint16_t tag = get16(&asked);
    CHECK_EQUAL(size, request->out_size);
    message_begin(&reply, request->in, request->in_capacity, type + 1, tag);
    int error = mood == FAILING ? EIO : answer(&asked, type, &reply);
    CHECK(!asked.broken);
    if (error) {
        message_begin(&reply, request->in, request->in_capacity, RLERROR, tag);
        put32(&reply, (uint32_t)error);
    }
    size = (uint32_t)message_end(&reply);
    CHECK(size > 0);
    request_finished(request, spoil(request->in, size, request->in_capacity));
}

static void listen(struct transport *transport, bool wanted) {
    (void)transport, (void)wanted;
}

static struct transport transport = {.submit = submit, .poll = serve, .listen = listen};

static int sleep_until_served(nanos_t deadline) {
    (void)deadline;
    serve(&transport);
    return 0;
}

static struct inode mounted;

void fs_mount(const char *path, const char *type, struct inode inode) {
    CHECK(strcmp(path, "/data") == 0 && strcmp(type, "9p") == 0);
    mounted = inode;
}

static struct volume *new_volume(void) {
    struct volume *volume = calloc(1, sizeof(*volume));

    mood = HONEST;
    fids = 0;
    CHECK_EQUAL(volume_start(volume, &transport), 0);
    return volume;
}

struct names {
    struct directory_sink sink;
    char text[100];
};

static bool add_name(struct directory_sink *sink, const char *name, size_t length, uint64_t number,
                     uint32_t mode, uint64_t next_position) {
    struct names *names = CONTAINER_OF(sink, struct names, sink);

    (void)number, (void)mode;
    CHECK(next_position >= 2);
    if (strlen(names->text) + length + 2 > sizeof(names->text))
        return false;
    strncat(names->text, name, length);
    strcat(names->text, " ");
    return true;
}

static ssize_t transfer(struct file *file, void *bytes, size_t size, uint64_t offset, bool write) {
    struct iovec vector = {(uaddr_t)(uintptr_t)bytes, size};
    struct io io;

    io_init(&io, &vector, 1);
    return write ? file->ops->write(file, &io, &offset) : file->ops->read(file, &io, &offset);
}

/* Every operation once; what they answer is looked at by an honest server's tests only. */
static void use_everything(struct volume *volume) {
    static char bytes[150000];
    struct inode root = volume_inode(volume->root), found, created;
    struct linux_stat stat;
    struct fs_statistics statistics = {0};
    struct names names = {.sink = {add_name}};
    struct file *file = NULL;
    uint64_t position = 2;
    char target[64];

    (void)volume_ops.stat(&root, &stat);
    volume_ops.statistics(&root, &statistics);
    if (volume_ops.lookup(&root, "link", 4, &found) == 0)
        CHECK(volume_ops.readlink(&found, target, sizeof(target)) <= (ssize_t)sizeof(target));
    (void)volume_ops.create(&root, "file", 4, S_IFREG | 0600, NULL, &created);
    (void)volume_ops.create(&root, "folder", 6, S_IFDIR | 0700, NULL, &created);
    if (volume_ops.open_directory(&root, O_RDONLY, &file) == 0) {
        (void)file->ops->list(file, &position, &names.sink);
        file_put(file);
    }
    if (volume_ops.lookup(&root, "file", 4, &found) == 0 &&
        volume_ops.open(&found, O_RDWR, &file) == 0) {
        file->inode = inode_keep(&found, "/data/file");
        (void)transfer(file, bytes, sizeof(bytes), 0, true);
        (void)transfer(file, bytes, sizeof(bytes), 10, false);
        void *page = inode_type(&found) == S_IFREG ? file->ops->page(file, 3) : NULL;
        (void)transfer(file, bytes, 5000, 12000, true);
        file->flags |= O_APPEND;
        (void)transfer(file, bytes, 100, 0, true);
        (void)file->ops->sync(file, false);
        (void)volume_ops.truncate(&found, 13000);
        (void)volume_ops.change_owner(&found, 1, 2);
        (void)volume_ops.rename(&root, "link", 4, &root, "file", 4, 0);
        (void)volume_ops.unlink(&root, "file", 4, false);
        if (page)
            page_put(page);
        file_put(file);
    }
    for (int i = 0; i < 40; i++)
        (void)volume_ops.lookup(&root, "file", 4, &found);
}

static void test_an_honest_server(void) {
    struct volume *volume = new_volume();
    struct inode root = volume_inode(volume->root), found;
    struct linux_stat stat = {0};
    struct names names = {.sink = {add_name}};
    struct file *file;
    uint64_t position = 2;
    char text[20] = "";

    contents_size = 0;
    CHECK_EQUAL(volume_ops.lookup(&root, "absent", 6, &found), -ENOENT);
    CHECK_EQUAL(volume_ops.lookup(&root, ".meshkernel", 11, &found), -ENOENT);
    CHECK_EQUAL(volume_ops.lookup(&root, "file", 4, &found), 0);
    CHECK_EQUAL(found.number, FILE_PATH);
    CHECK_EQUAL(volume_ops.open(&found, O_RDWR, &file), 0);
    file->inode = inode_keep(&found, "/data/file");
    CHECK_EQUAL(transfer(file, "hello world", 11, 0, true), 11);
    CHECK_EQUAL(transfer(file, text, 5, 6, false), 5);
    CHECK(strcmp(text, "world") == 0);
    CHECK_EQUAL(volume_ops.stat(&found, &stat), 0);
    CHECK_EQUAL(stat.size, 11);
    CHECK_EQUAL(stat.mode, S_IFREG | 0640);
    CHECK_EQUAL(stat.uid, 3);
    CHECK_EQUAL(stat.gid, 4);
    char *page = file->ops->page(file, 0);
    CHECK(strcmp(page, "hello world") == 0);
    CHECK_EQUAL(transfer(file, "H", 1, 0, true), 1);
    CHECK(strcmp(page, "Hello world") == 0);
    CHECK(file->ops->page(file, 1) == NULL);
    CHECK_EQUAL(file->ops->sync(file, true), 0);
    CHECK_EQUAL(syncs, 1);
    page_put(page);
    file_put(file);
    CHECK_EQUAL(shim_pages_in_use() > 0, true);
    CHECK_EQUAL(volume_ops.open_directory(&root, O_RDONLY, &file), 0);
    CHECK_EQUAL(file->ops->list(file, &position, &names.sink), 0);
    CHECK(strcmp(names.text, "file ") == 0);
    file_put(file);
}

/* However often names are looked up, the server holds few fids. */
static void test_fids_are_given_back(void) {
    struct volume *volume = new_volume();
    struct inode root = volume_inode(volume->root), found, kept;

    CHECK_EQUAL(volume_ops.lookup(&root, "file", 4, &kept), 0);
    volume_ops.get(&kept);
    for (int i = 0; i < 1000; i++)
        CHECK_EQUAL(volume_ops.lookup(&root, "file", 4, &found), 0);
    CHECK(fids < 40);
    CHECK(volume->last_fid < 60);
    struct linux_stat stat;
    CHECK_EQUAL(volume_ops.stat(&kept, &stat), 0);
    volume_ops.put(&kept);
}

static void test_a_read_only_volume(void) {
    struct volume *volume = new_volume();
    struct inode root = volume_inode(volume->root), found;
    struct inode_times times = {.set_access = true};

    volume->read_only = true;
    CHECK_EQUAL(volume_ops.lookup(&root, "file", 4, &found), 0);
    CHECK(volume_ops.is_read_only(&root));
    CHECK_EQUAL(volume_ops.create(&root, "x", 1, S_IFREG, NULL, &found), -EROFS);
    CHECK_EQUAL(volume_ops.unlink(&root, "file", 4, false), -EROFS);
    CHECK_EQUAL(volume_ops.rename(&root, "file", 4, &root, "x", 1, 0), -EROFS);
    CHECK_EQUAL(volume_ops.truncate(&found, 0), -EROFS);
    CHECK_EQUAL(volume_ops.change_mode(&found, 0), -EROFS);
    CHECK_EQUAL(volume_ops.change_owner(&found, 1, 2), -EROFS);
    CHECK_EQUAL(volume_ops.change_times(&found, &times), -EROFS);
}

static void with_mood(int which, size_t length) {
    struct volume *volume = new_volume();

    contents_size = 100000;
    mood = which;
    cut = length;
    use_everything(volume);
    mood = HONEST;
}

static void test_liars(void) {
    for (size_t length = 0; length < 200; length++)
        with_mood(SHORT, length);
    for (int which = LONG; which <= WRONG_TYPE; which++)
        with_mood(which, 0);
    with_mood(HUGE_COUNT, 0);
    with_mood(FAILING, 0);
    for (int i = 0; i < 3000; i++)
        with_mood(RANDOM, 0);
}

static void test_a_liar_does_no_lasting_harm(void) {
    struct volume *volume = new_volume();
    struct inode root = volume_inode(volume->root), found;

    for (int which = SHORT; which <= FAILING; which++) {
        mood = which;
        cut = 9;
        use_everything(volume);
    }
    mood = HONEST;
    CHECK_EQUAL(volume_ops.lookup(&root, "file", 4, &found), 0);
    use_everything(volume);
}

static void test_mounting(void) {
    struct boot_volume wanted = {.tag = "volume0", .path = "/data"};

    boot.volumes = &wanted;
    boot.volume_count = 1;
    mood = HONEST;
    volume_mount("volume7", &transport);
    CHECK(!wanted.mounted && strstr(shim_console, "volume7") != NULL);
    volume_mount("volume0", &transport);
    CHECK(wanted.mounted);
    CHECK_EQUAL(inode_type(&mounted), S_IFDIR);
}

/* Ends the program with a sentence. */
static void mount_from_a_liar(void) {
    struct boot_volume wanted = {.tag = "volume0", .path = "/data"};

    boot.volumes = &wanted;
    boot.volume_count = 1;
    mood = SHORT;
    cut = 3;
    volume_mount("volume0", &transport);
}

int main(int argc, char **argv) {
    (void)argv;
    shim_sleep = sleep_until_served;
    if (argc > 1)
        mount_from_a_liar();
    RUN(test_an_honest_server);
    RUN(test_fids_are_given_back);
    RUN(test_a_read_only_volume);
    RUN(test_liars);
    RUN(test_a_liar_does_no_lasting_harm);
    RUN(test_mounting);
    return 0;
}
