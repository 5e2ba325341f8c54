/* Discovery of virtio-mmio slots on the kernel command line. */
#include "check.h"
#include "drivers/virtio/mmio.h"

static struct virtio_slot slots[64];

static int parse(const char *text) {
    int count = 0;
    while (virtio_next_slot(&text, &slots[count]))
        count++;
    return count;
}

static void the_words_of_qemu(void) {
    CHECK_EQUAL(parse("console=ttyS0 virtio_mmio.device=512@0xfeb00e00:12 "
                      "virtio_mmio.device=512@0xfeb00c00:11 quiet"),
                2);
    CHECK_EQUAL(slots[0].size, 512);
    CHECK_EQUAL(slots[0].base, 0xfeb00e00);
    CHECK_EQUAL(slots[0].interrupt, 12);
    CHECK_EQUAL(slots[1].base, 0xfeb00c00);
    CHECK_EQUAL(slots[1].interrupt, 11);
}

static void the_words_of_firecracker(void) {
    CHECK_EQUAL(
        parse("virtio_mmio.device=4K@0xd0000000:5 virtio_mmio.device=0x1000@0xD0001000:6:3"), 2);
    CHECK_EQUAL(slots[0].size, 4096);
    CHECK_EQUAL(slots[1].size, 4096);
    CHECK_EQUAL(slots[1].base, 0xd0001000);
    CHECK_EQUAL(slots[1].interrupt, 6);
}

static void other_and_malformed_words_are_passed_over(void) {
    static const char *const words[] = {
        "",
        "   ",
        "virtio_mmio.device=",
        "virtio_mmio.device=512",
        "virtio_mmio.device=512@",
        "virtio_mmio.device=512@0xfeb00e00",
        "virtio_mmio.device=512@0xfeb00e00:",
        "virtio_mmio.device=512@0xfeb00e00:12x",
        "virtio_mmio.device=512@0x:12",
        "virtio_mmio.device=99999999999999999999@0xfeb00e00:12",
        "virtio_mmio.device=512@0xfeb00e00:99999",
        "virtio_mmio.device=16@0xfeb00e00:12",
        "xvirtio_mmio.device=512@0xfeb00e00:12",
        "virtio_mmio.devices=512@0xfeb00e00:12",
    };
    for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
        CHECK_EQUAL(parse(words[i]), 0);
    CHECK_EQUAL(parse("virtio_mmio.device=512@:1 virtio_mmio.device=512@0xfeb00e00:12"), 1);
}

int main(void) {
    RUN(the_words_of_qemu);
    RUN(the_words_of_firecracker);
    RUN(other_and_malformed_words_are_passed_over);
    return 0;
}
