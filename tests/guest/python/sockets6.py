"""IPv6 over loopback: both versions in one socket, addresses, options, ancillary data."""

from __future__ import annotations

import errno
import select
import socket
import struct
import threading
from collections.abc import Callable

SIX, FOUR = socket.AF_INET6, socket.AF_INET


def attempt(call: Callable[..., object], *arguments: object) -> object:
    """The result, or the error's name."""
    try:
        return call(*arguments)
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, type(error).__name__)


def without_port(address: object) -> object:
    """An address whose port was chosen by the system, or an error's name."""
    return (address[0], *address[2:]) if isinstance(address, tuple) else address


def listening(family: int, host: str, **options: bool) -> tuple[socket.socket, int]:
    """A listening socket and its port."""
    server = socket.create_server((host, 0), family=family, **options)
    return server, server.getsockname()[1]


def names() -> None:
    """What sockets are called before and after they are bound."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(SIX, kind) as sock:
            print(sock.getsockname(), attempt(sock.getpeername))
            print(attempt(sock.bind, ("::2", 0)), attempt(sock.bind, ("fe80::1", 0)))
            with socket.socket(SIX, kind) as other:  # it would keep the interface
                print(attempt(other.bind, ("fe80::1", 0, 0, 200)))
            sock.bind(("::1", 0))
            print(without_port(sock.getsockname()), attempt(sock.bind, ("::1", 0)))
    with socket.socket(SIX) as sock:
        for name in ("SO_DOMAIN", "SO_TYPE", "SO_PROTOCOL"):
            print(name, sock.getsockopt(socket.SOL_SOCKET, getattr(socket, name)))
        for name in ("V6ONLY", "UNICAST_HOPS", "TCLASS", "RECVHOPLIMIT", "RECVPKTINFO"):
            option = getattr(socket, f"IPV6_{name}")
            first = sock.getsockopt(socket.IPPROTO_IPV6, option)
            sock.setsockopt(socket.IPPROTO_IPV6, option, 1)
            print(name, first, sock.getsockopt(socket.IPPROTO_IPV6, option))
        print(attempt(sock.setsockopt, socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 256))
    with socket.socket() as sock:
        print(attempt(sock.getsockopt, socket.IPPROTO_IPV6, socket.IPV6_V6ONLY))


def connections() -> None:
    """TCP, also from one version to the other."""
    server, port = listening(SIX, "::1")
    client = socket.create_connection(("::1", port))
    accepted, peer = server.accept()
    print(without_port(peer), peer == client.getsockname(), client.getpeername()[1] == port)
    thread = threading.Thread(target=client.sendall, args=(b"x" * 1_000_000,))
    thread.start()
    count = 0
    while count < 1_000_000:
        count += len(accepted.recv(65536))
    thread.join()
    print(count, client.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) > 1000)
    client.close()
    print(accepted.recv(1))
    accepted.close()
    server.close()
    print(attempt(socket.create_connection, ("::1", port)))


def both_versions() -> None:
    """A socket for both, one for IPv6 alone, and who is in whose way."""
    server, port = listening(SIX, "::", dualstack_ipv6=True)
    print(without_port(server.getsockname()))
    for host in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        client = socket.create_connection((host, port))
        accepted, peer = server.accept()
        print(host, without_port(peer), without_port(accepted.getsockname()))
        client.close()
        accepted.close()
    print(attempt(socket.create_server, ("127.0.0.1", port)))
    server.close()

    only, port = listening(SIX, "::")
    print(attempt(socket.create_connection, ("127.0.0.1", port)))
    with socket.create_server(("127.0.0.1", port)) as four:
        print(four.getsockname()[1] == port)
    only.close()


def datagrams() -> None:
    """UDP, with what comes beside it."""
    receiver, sender = socket.socket(SIX, socket.SOCK_DGRAM), socket.socket(SIX, socket.SOCK_DGRAM)
    receiver.bind(("::", 0))
    port = receiver.getsockname()[1]
    for name in ("RECVHOPLIMIT", "RECVTCLASS", "RECVPKTINFO"):
        receiver.setsockopt(socket.IPPROTO_IPV6, getattr(socket, f"IPV6_{name}"), 1)
    sender.sendto(b"plain", ("::1", port))
    told(receiver)
    sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 7)
    sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, 0x20)
    sender.sendto(b"marked", ("::1", port))
    told(receiver)
    once = [
        (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT, struct.pack("i", 9)),
        (socket.IPPROTO_IPV6, socket.IPV6_TCLASS, struct.pack("i", 0x40)),
    ]
    sender.sendmsg([b"once"], once, 0, ("::1", port))
    told(receiver)
    wrong = [(socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT, struct.pack("i", 256))]
    print(attempt(sender.sendmsg, [b"x"], wrong, 0, ("::1", port)))
    with socket.socket(FOUR, socket.SOCK_DGRAM) as four:
        four.sendto(b"from four", ("127.0.0.1", port))
        told(receiver)
        receiver.sendto(b"back", ("::ffff:127.0.0.1", four.getsockname()[1]))
        print(four.recv(10))
    sender.sendto(b"y" * 60000, ("::1", port))
    print(len(receiver.recv(65536)))
    sender.connect(("::1", port))
    print(without_port(sender.getsockname()), sender.getpeername()[1] == port)
    receiver.close()
    sender.send(b"nobody")
    select.select([sender], [], [], 10)
    print(attempt(sender.recv, 1), attempt(sender.send, b"x"))


def told(sock: socket.socket) -> None:
    """Receives a datagram and prints all of it, but for ports and interfaces."""
    data, beside, flags, address = sock.recvmsg(100, 200)
    print(data, flags, without_port(address))
    for level, kind, value in beside:
        print("  ", level, kind, value[:16] if kind == socket.IPV6_PKTINFO else value)


def lookups() -> None:
    """What the C library finds out by asking about interfaces and addresses."""
    print(socket.getaddrinfo("::1", 80, type=socket.SOCK_STREAM))
    print(socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM))
    print(socket.getnameinfo(("::1", 80, 0, 0), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV))
    print(socket.if_nametoindex("lo"), socket.if_indextoname(1), socket.has_dualstack_ipv6())


if __name__ == "__main__":
    for part in (names, connections, both_versions, datagrams, lookups):
        print(part.__name__)
        part()
