/* The switch of one mesh: `switch CONFIGURATION DESCRIPTOR`. The descriptor is the control socket,
 * inherited from the supervisor; the switch ends when that closes, so it outlives nobody. */
#include "config.h"
#include "control.h"
#include "egress.h"
#include "fault.h"
#include "forward.h"
#include "gateway.h"
#include "listen.h"
#include "loop.h"
#include "mesh.h"
#include "parse.h"
#include "pcap.h"
#include "summon.h"
#include "tunnel.h"
#include "wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum { EXIT_TROUBLE = 1, EXIT_USER = 2 };

static struct mesh mesh;

static void port_changed(struct port *port, const char *reason) {
    tunnel_port_changed(port);
    egress_port_changed(port);
    control_port_changed(port, reason);
}

/* Each connection takes a descriptor: as many as the host lets this user have. */
static void raise_descriptors(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int earlier(int a, int b) {
    if (a < 0 || b < 0)
        return a < 0 ? b : a;
    return a < b ? a : b;
}

static void run(void) {
    bool going = true;
    while (going && control_open()) {
        int timeout = mesh.gateway ? gateway_due() : -1;
        going = loop_turn(earlier(timeout, fault_due(loop_now())));
        /* What arrived has been forwarded; then what became due, then what the gateway makes of
         * both, and at last everything leaves, one write for each machine. */
        fault_release(&mesh, loop_now(), forward_deliver);
        if (mesh.gateway)
            gateway_check_timers();
        tunnel_pump_all();
        wire_flush_all();
        tunnel_pump_all(); /* those that a lost machine has marked */
        tunnel_bury_all();
        egress_bury_all();
        pcap_flush();
    }
}

static void stop(void) {
    listen_close();
    pcap_close();
    for (struct port *port = mesh.ports; port; port = port->next)
        wire_detach(port, "stopped");
    control_stop();
    fault_free(&mesh);
    summon_free(&mesh);
    mesh_free(&mesh);
}

int main(int argc, char **argv) {
    struct trouble trouble = {0};
    uint32_t control;
    if (argc != 3 || !parse_number(argv[2], INT32_MAX, &control)) {
        fprintf(stderr, "usage: switch CONFIGURATION DESCRIPTOR\n");
        return EXIT_USER;
    }
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    raise_descriptors();
    wire_changed = port_changed;
    summon_wanted = control_summon;
    if (!mesh_init(&mesh) || !loop_init() || !control_start(&mesh, (int)control)) {
        fprintf(stderr, "switch: cannot start: %s\n", strerror(errno));
        return EXIT_TROUBLE;
    }
    if (!config_read(&mesh, argv[1], &trouble)) {
        fprintf(stderr, "switch: %s\n", trouble.text);
        listen_close();
        return trouble.users ? EXIT_USER : EXIT_TROUBLE;
    }
    control_ready();
    run();
    stop();
    return 0;
}
