/* Sockets over lwIP on the host: TCP and UDP over loopback, and frames on a wire that the test
 * holds. */
#include "core/boot.h"
#include "core/start.h"
#include "net/net.h"
#include "net_test/cases.h"
#include "net_test/wire.h"
#include "shims/shims.h"

int main(void) {
    boot.address = 10 | 77 << 8 | 5u << 24;
    boot.netmask = 0x0000ffff;
    boot.gateway = 10 | 77 << 8 | 1u << 24;
    net_device_register(&device);
    start_libraries(START_NETWORK);
    tcp_cases();
    request_cases();
    stream_cases();
    checksum_cases();
    frame_cases();
    icmp_error_cases();
    shim_advance(300 * NANOS_PER_SECOND); /* what lwIP still holds goes; ASan looks for the rest */
    return 0;
}
