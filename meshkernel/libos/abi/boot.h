/* The boot configuration: what one machine needs to know at start, handed over as the first PVH
 * module (QEMU's -initrd). Text, so that a person can read it: one `key value` per line, in any
 * order; the value runs to the end of the line; `%` followed by two hexadecimal digits stands for
 * that byte (so `%0a` is a newline, `%25` is `%`). Unknown keys are a panic: host and library OS
 * are of one version.
 *
 *   # text                       ignored, as are empty lines; also before the line `abi`
 *   abi 1                        must be the first line that is not ignored
 *   argument /usr/bin/python3    one line per argv[i], at least one; argv[0] is the path of the
 *                                program in the image
 *   environment NAME=value       one line per variable
 *   directory /app               the working directory, / by default
 *   hostname cart                of uname and gethostname
 *   address 10.77.0.5/16         absent: no network but loopback
 *   gateway 10.77.0.1            where everything outside of the prefix goes; absent: nowhere
 *   mtu 1500                     of the network device; absent: what the device says, or 1500
 *   host 10.77.0.9 catalog       one line per line of /etc/hosts, behind localhost and the own name
 *   seed <64 hexadecimal digits> 32 bytes for the random generator, fresh for every boot
 *   wall 1767225600000000000     nanoseconds since 1970 when the host wrote this
 *   file /etc/service.json text  a read-only file of this content, put over the image's own
 *   volume volume0 rw /data      the host's volume with this tag is mounted there; ro: it cannot be
 *                                changed
 *   trace <bytes>                a struct trace_request (abi/trace.h): trace from the first call on
 *
 *   seal                         this boot is for sealing: abi/seal.h
 *
 * The memory of this module is cleared once it is parsed: it holds secrets.
 * An address's MAC is 02:6b followed by the four bytes of the IPv4 address, for every port of a
 * mesh; so a neighbour needs no look-up, and there is no ARP.
 */
#pragma once

#define BOOT_ABI_VERSION 1
#define BOOT_MAC_PREFIX_0 0x02
#define BOOT_MAC_PREFIX_1 0x6b
