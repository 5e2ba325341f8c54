/* The whole user space of the Linux peer: loads modules, sets the network and runs the program.
 *
 * Linux hands words of its command line that it does not know to init: NAME=value as environment
 * (ADDRESS, NETMASK, GATEWAY: IPv4; NEIGHBOURS: IPv4 with commas between them; PROGRAM: its path
 * and arguments with colons between them).
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int control;

static struct sockaddr inet_address(const char *text) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = inet_addr(text)};
    struct sockaddr result;
    memcpy(&result, &address, sizeof(result));
    return result;
}

static void must(int result, const char *what) {
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

/* In the order of their names. A kernel with everything built in has no such folder. */
static void load_modules(void) {
    struct dirent **entries;
    int count = chdir("/modules") == 0 ? scandir(".", &entries, NULL, alphasort) : 0;
    must(count, "/modules");
    for (int index = 0; index < count; index++) {
        const char *name = entries[index]->d_name;
        if (name[0] == '.')
            continue;
        int module = open(name, O_RDONLY | O_CLOEXEC);
        must(module, name);
        must((int)syscall(SYS_finit_module, module, "", 0), name);
        close(module);
    }
    must(chdir("/"), "/");
}

static void bring_up(const char *interface) {
    struct ifreq request = {0};
    strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
    must(ioctl(control, SIOCGIFFLAGS, &request), interface);
    request.ifr_flags |= IFF_UP | IFF_RUNNING;
    must(ioctl(control, SIOCSIFFLAGS, &request), "up");
}

static void set_address(const char *interface, const char *address, const char *netmask) {
    struct ifreq request = {0};
    strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
    request.ifr_addr = inet_address(address);
    must(ioctl(control, SIOCSIFADDR, &request), "address");
    request.ifr_netmask = inet_address(netmask);
    must(ioctl(control, SIOCSIFNETMASK, &request), "netmask");
}

/* The mesh has no ARP: a port's MAC is 02:6b and its address. */
static void add_neighbour(const char *interface, const char *address) {
    struct arpreq request = {.arp_flags = ATF_PERM | ATF_COM};
    in_addr_t bytes = inet_addr(address);
    request.arp_pa = inet_address(address);
    request.arp_ha.sa_family = ARPHRD_ETHER;
    memcpy(request.arp_ha.sa_data, "\x02\x6b", 2);
    memcpy(request.arp_ha.sa_data + 2, &bytes, sizeof(bytes));
    strncpy(request.arp_dev, interface, sizeof(request.arp_dev) - 1);
    must(ioctl(control, SIOCSARP, &request), "neighbour");
}

static void add_default_route(const char *gateway) {
    struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};
    route.rt_dst = inet_address("0.0.0.0");
    route.rt_genmask = inet_address("0.0.0.0");
    route.rt_gateway = inet_address(gateway);
    must(ioctl(control, SIOCADDRT, &route), "route");
}

int main(void) {
    char *arguments[16] = {strtok(getenv("PROGRAM"), ":")};
    for (int count = 1; count < 15; count++)
        arguments[count] = strtok(NULL, ":");
    load_modules();
    control = socket(AF_INET, SOCK_DGRAM, 0);
    must(control, "socket");
    bring_up("lo");
    if (getenv("ADDRESS")) {
        set_address("eth0", getenv("ADDRESS"), getenv("NETMASK"));
        bring_up("eth0");
        for (char *each = strtok(getenv("NEIGHBOURS"), ","); each; each = strtok(NULL, ","))
            add_neighbour("eth0", each);
        add_default_route(getenv("GATEWAY"));
    }
    close(control);
    execv(arguments[0], arguments);
    perror(arguments[0]);
    return 1;
}
