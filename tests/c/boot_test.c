/* The boot configuration: what is read from it, and what is refused. Usage: boot_test [FILE]; with
 * a file, a fault in it ends the program by panic. */
#include "core/boot.h"

#include "check.h"

#include <arpa/inet.h>

static const char text[] = "# written by a test\n"
                           "\n"
                           "abi 1\n"
                           "argument /usr/bin/python3\n"
                           "argument -c\n"
                           "argument print(1)%0aprint(2)\n"
                           "argument \n"
                           "environment PATH=/usr/bin\n"
                           "directory /app\n"
                           "hostname cart\n"
                           "address 10.77.0.5/16\n"
                           "gateway 10.77.0.1\n"
                           "mtu 9000\n"
                           "host 10.77.0.9 catalog\n"
                           "host 10.77.0.10 users people\n"
                           "seed 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eFf\n"
                           "wall 1767225600000000000\n"
                           "volume volume0 rw /data\n"
                           "volume volume1 ro /with a space\n"
                           "file /etc/service.json {%22a%22: 1} %25%00x";

static uint32_t address(const char *dotted) {
    struct in_addr in;
    CHECK_EQUAL(inet_pton(AF_INET, dotted, &in), 1);
    return in.s_addr;
}

static void every_key_is_read(void) {
    boot_parse(text, sizeof text - 1);
    CHECK_EQUAL(boot.argument_count, 4);
    CHECK(strcmp(boot.arguments[2], "print(1)\nprint(2)") == 0);
    CHECK(strcmp(boot.arguments[3], "") == 0);
    CHECK(boot.arguments[4] == NULL);
    CHECK_EQUAL(boot.environment_count, 1);
    CHECK(strcmp(boot.environment[0], "PATH=/usr/bin") == 0 && boot.environment[1] == NULL);
    CHECK(strcmp(boot.directory, "/app") == 0 && strcmp(boot.hostname, "cart") == 0);
    CHECK_EQUAL(boot.mtu, 9000);
    CHECK_EQUAL(boot.wall, 1767225600000000000);
    CHECK(boot.seeded && boot.seed[0] == 0 && boot.seed[30] == 0x1e && boot.seed[31] == 0xff);
}

static void addresses_are_in_network_order(void) {
    CHECK_EQUAL(boot.address, address("10.77.0.5"));
    CHECK_EQUAL(boot.netmask, address("255.255.0.0"));
    CHECK_EQUAL(boot.gateway, address("10.77.0.1"));
    CHECK_EQUAL(boot.host_count, 2);
    CHECK_EQUAL(boot.hosts[1].address, address("10.77.0.10"));
    CHECK(strcmp(boot.hosts[0].name, "catalog") == 0);
    CHECK(strcmp(boot.hosts[1].name, "users people") == 0);
}

static void files_may_hold_any_byte(void) {
    CHECK_EQUAL(boot.file_count, 1);
    CHECK(strcmp(boot.files[0].path, "/etc/service.json") == 0);
    CHECK_EQUAL(boot.files[0].size, 12);
    CHECK(memcmp(boot.files[0].contents, "{\"a\": 1} %\0x", 12) == 0);
}

static void volumes_have_a_tag_and_a_path(void) {
    CHECK_EQUAL(boot.volume_count, 2);
    CHECK(strcmp(boot.volumes[0].tag, "volume0") == 0 && !boot.volumes[0].read_only);
    CHECK(strcmp(boot.volumes[0].path, "/data") == 0);
    CHECK(boot.volumes[1].read_only && strcmp(boot.volumes[1].path, "/with a space") == 0);
}

/* A configuration for sealing, and the one behind the seal. */
static void another_takes_its_place(void) {
    static const char first[] = "abi 1\nargument /x\nenvironment SECRET=hidden\nhostname one\n"
                                "directory /app\nseal\n";
    static const char second[] = "abi 1\nargument /y\nhostname two\n";
    static struct boot before;
    before = boot; /* so that what it holds is not lost */
    CHECK(before.argument_count == 4);
    boot = (struct boot){.directory = "/", .hostname = "meshkernel"};
    boot_parse(first, sizeof first - 1);
    CHECK(boot.seal);
    const char *argument = boot.arguments[0];
    CHECK(strcmp(argument, "/x") == 0);
    static const char *name; /* may be another than was parsed, so it is wiped alone */
    name = boot.hostname;
    boot_forget();
    CHECK(name[0] == 0);
    CHECK(!boot.seal && boot.argument_count == 0 && boot.environment_count == 0);
    CHECK(strcmp(boot.hostname, "meshkernel") == 0 && strcmp(boot.directory, "/") == 0);
    boot_forget(); /* of what nobody has set, nothing is freed */
    boot_parse(second, sizeof second - 1);
    CHECK(!boot.seal && strcmp(boot.hostname, "two") == 0 && boot.argument_count == 1);
    CHECK(boot.environment != NULL && boot.environment[0] == NULL);
}

int main(int count, char **arguments) {
    if (count > 1) {
        static char given[65536];
        FILE *file = fopen(arguments[1], "rb");
        size_t size = fread(given, 1, sizeof given, file);
        boot_parse(given, size);
        return 0;
    }
    RUN(every_key_is_read);
    RUN(addresses_are_in_network_order);
    RUN(files_may_hold_any_byte);
    RUN(volumes_have_a_tag_and_a_path);
    RUN(another_takes_its_place);
    return 0;
}
