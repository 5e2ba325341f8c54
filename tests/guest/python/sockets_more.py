"""The rarer parts of TCP and UDP over loopback: urgent bytes, shared ports, options, lingering."""

from __future__ import annotations

import array
import errno
import fcntl
import select
import socket
import struct
from collections.abc import Callable

HOST = "127.0.0.1"
SIOCATMARK = 0x8905
UDPLITE = 136


def attempt(call: Callable[..., object], *arguments: object) -> object:
    """The result, or the error's name."""
    try:
        return call(*arguments)
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, type(error).__name__)


def pair() -> tuple[socket.socket, socket.socket]:
    """Both ends of a connection."""
    with socket.create_server((HOST, 0)) as server:
        client = socket.create_connection(server.getsockname())
        return client, server.accept()[0]


def ready(sock: socket.socket) -> tuple[bool, bool]:
    """Whether there is something to read, and something urgent."""
    readable, _, urgent = select.select([sock], [], [sock], 0)
    return bool(readable), bool(urgent)


def wait_urgent(sock: socket.socket) -> None:
    """Until the urgent byte is there."""
    poll = select.poll()
    poll.register(sock, select.POLLPRI)
    poll.poll(10_000)


def at_mark(sock: socket.socket) -> int:
    """SIOCATMARK."""
    number = array.array("i", [0])
    fcntl.ioctl(sock, SIOCATMARK, number)
    return number[0]


def urgent() -> None:
    """Out-of-band bytes, beside the stream and in it."""
    one, other = pair()
    other.setblocking(False)
    print(attempt(other.recv, 1, socket.MSG_OOB), at_mark(other), ready(other))
    one.send(b"abc")
    one.send(b"DU", socket.MSG_OOB)
    one.send(b"xyz")
    wait_urgent(other)
    print(ready(other), at_mark(other), other.recv(2), at_mark(other))
    print(other.recv(10), at_mark(other), ready(other))
    print(other.recv(1, socket.MSG_OOB | socket.MSG_PEEK), other.recv(5, socket.MSG_OOB))
    print(attempt(other.recv, 1, socket.MSG_OOB), at_mark(other), ready(other))
    print(other.recv(10, socket.MSG_PEEK), other.recv(10), at_mark(other))

    one.send(b"only", socket.MSG_OOB)
    wait_urgent(other)
    print(other.recv(10), ready(other), attempt(other.recv, 10))
    one.send(b"?", socket.MSG_OOB)
    wait_urgent(other)
    print(other.recv(1, socket.MSG_OOB), attempt(other.recv, 1))

    other.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
    one.send(b"in")
    one.send(b"LINE", socket.MSG_OOB)
    one.send(b"end")
    wait_urgent(other)
    print(attempt(other.recv, 1, socket.MSG_OOB), other.recv(10), at_mark(other))
    print(other.recv(10), at_mark(other), ready(other))
    one.close()
    other.close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        print(attempt(sock.sendto, b"x", socket.MSG_OOB, (HOST, 9)))


def shared(kind: socket.SocketKind) -> None:
    """SO_REUSEPORT: several sockets of one port, each with its part of the peers."""
    socks = []
    port = 0
    for _ in range(2):
        sock = socket.socket(socket.AF_INET, kind)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind((HOST, port))
        port = sock.getsockname()[1]
        socks.append(sock)
    with socket.socket(socket.AF_INET, kind) as sock:
        print(attempt(sock.bind, (HOST, port)))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        print(attempt(sock.bind, (HOST, port)))
    peers = [socket.socket(socket.AF_INET, kind) for _ in range(64)]
    for sock in socks:
        sock.setblocking(False)
        if kind == socket.SOCK_STREAM:
            sock.listen(64)
    for peer in peers:
        peer.connect((HOST, port))
        peer.send(b"x")
        peer.send(b"y")
    counts = [taken(sock, kind) for sock in socks]
    print(sum(counts), all(counts))
    socks[0].close()
    for peer in peers:
        peer.close()
    with socket.socket(socket.AF_INET, kind) as again:
        again.connect((HOST, port))
        again.send(b"z")
        select.select([socks[1]], [], [], 10)
        print(taken(socks[1], kind) > 0)


def taken(sock: socket.socket, kind: socket.SocketKind) -> int:
    """How many connections or datagrams there are; those of a peer are together."""
    count = 0
    seen: dict[object, bytes] = {}
    while True:
        try:
            if kind == socket.SOCK_STREAM:
                sock.accept()[0].close()
            else:
                data, address = sock.recvfrom(1)
                seen[address] = seen.get(address, b"") + data
        except BlockingIOError:
            assert all(data in (b"xy", b"z") for data in seen.values())
            return count
        count += 1


def reuse() -> None:
    """SO_REUSEADDR: not beside a listener."""
    socks = [socket.socket() for _ in range(3)]
    for sock in socks:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    socks[0].bind((HOST, 0))
    port = socks[0].getsockname()[1]
    print(attempt(socks[1].bind, (HOST, port)))
    socks[0].listen()
    print(attempt(socks[1].listen), attempt(socks[2].bind, ("0.0.0.0", port)))
    for sock in socks:
        sock.close()


def lingering() -> None:
    """SO_LINGER with no time at all is a reset."""
    one, other = pair()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    one.close()
    print(attempt(other.recv, 1), attempt(other.recv, 1))
    one, other = pair()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 5))
    one.send(b"all of it")
    one.close()
    print(other.recv(100), other.recv(100))


def options() -> None:
    """What is remembered, and what is told about a connection."""
    one, other = pair()
    for name, value in (("TCP_USER_TIMEOUT", 1234), ("TCP_KEEPIDLE", 5), ("TCP_KEEPCNT", 3)):
        option = getattr(socket, name)
        first = one.getsockopt(socket.IPPROTO_TCP, option)
        one.setsockopt(socket.IPPROTO_TCP, option, value)
        print(name, first, one.getsockopt(socket.IPPROTO_TCP, option))
    for name in ("SO_OOBINLINE", "SO_DONTROUTE", "SO_KEEPALIVE", "SO_BROADCAST"):
        option = getattr(socket, name)
        one.setsockopt(socket.SOL_SOCKET, option, 3)
        print(name, one.getsockopt(socket.SOL_SOCKET, option))
    print(one.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16))
    print(attempt(one.setsockopt, socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"nosuch"))
    one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    print(one.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16))
    info = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 92)
    print(len(info), info[0], other.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1))
    one.close()
    other.recv(1)
    print(other.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1))
    other.close()


def beside_datagrams() -> None:
    """What comes with datagrams of IPv4, and goes with them."""
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind((HOST, 0))
    for option in (8, socket.IP_RECVTTL if hasattr(socket, "IP_RECVTTL") else 12, 13):
        receiver.setsockopt(socket.IPPROTO_IP, option, 1)
        print(receiver.getsockopt(socket.IPPROTO_IP, option))
    sender.sendto(b"plain", receiver.getsockname())
    print(receiver.recvmsg(100, 200)[:3])
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 7)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 0x10)
    sender.sendto(b"marked", receiver.getsockname())
    print(receiver.recvmsg(100, 200)[:3])
    once = [(socket.IPPROTO_IP, socket.IP_TTL, struct.pack("i", 9))]
    sender.sendmsg([b"once"], once, 0, receiver.getsockname())
    print(receiver.recvmsg(4, 32)[:3])
    wrong = [(socket.IPPROTO_IP, socket.IP_TTL, struct.pack("i", 0))]
    print(attempt(sender.sendmsg, [b"x"], wrong, 0, receiver.getsockname()))
    sender.connect(receiver.getsockname())
    sender.close()
    receiver.shutdown(socket.SHUT_RD) if attempt(receiver.getpeername) != "ENOTCONN" else None


def disconnecting() -> None:
    """A connected datagram socket forgets its peer and the source that was chosen for it."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other.bind((HOST, 0))
    sock.connect(other.getsockname())
    print(sock.getsockname()[0])
    sock.shutdown(socket.SHUT_RD)
    print(sock.recv(1))
    sock.close()
    other.close()


def lite() -> None:
    """UDP-Lite does not meet UDP."""
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, UDPLITE)
    receiver.bind((HOST, 0))
    address = receiver.getsockname()
    print(receiver.getsockopt(socket.SOL_SOCKET, socket.SO_PROTOCOL))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as same:
        same.bind(address)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, UDPLITE) as sender:
            sender.setsockopt(UDPLITE, 10, 20)
            print(sender.getsockopt(UDPLITE, 10))
            sender.sendto(b"lite", address)
            print(receiver.recv(10))
            print(attempt(same.recv, 1, socket.MSG_DONTWAIT))
    receiver.close()


if __name__ == "__main__":
    for part in (urgent, reuse, lingering, options, beside_datagrams, disconnecting, lite):
        print(part.__name__)
        part()
    for each in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        print("shared", each)
        shared(each)
