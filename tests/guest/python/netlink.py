"""What a netlink socket tells of the loopback interface, and what it refuses."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Callable, Iterator

GET_LINK, GET_ADDRESS, SET_LINK, NEW_NEIGHBOUR = 18, 22, 19, 28
DONE, ERROR = 3, 2
REQUEST, DUMP = 0x001, 0x300
HEADER = struct.Struct("IHHII")
LOOPBACK = 1


def attempt(call: Callable[..., object], *arguments: object) -> object:
    """The result, or the error's name."""
    try:
        return call(*arguments)
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, type(error).__name__)


def request(kind: int, family: int, sequence: int) -> bytes:
    """A dump's request with the body of struct ifinfomsg, which all of them start with."""
    body = struct.pack("BxHiII", family, 0, 0, 0, 0)
    return HEADER.pack(HEADER.size + len(body), kind, REQUEST | DUMP, sequence, 0) + body


def messages(sock: socket.socket, sequence: int) -> Iterator[tuple[int, bytes]]:
    """Type and body of each message up to the end of the dump."""
    while True:
        data, sender = sock.recvfrom(1 << 16)
        assert sender == (0, 0), sender
        while data:
            size, kind, _, answered, port = HEADER.unpack_from(data)
            assert (answered, port) == (sequence, sock.getsockname()[0])
            yield kind, data[HEADER.size : size]
            if kind in (DONE, ERROR):
                return
            data = data[(size + 3) & ~3 :]


def attributes(data: bytes) -> dict[int, bytes]:
    """struct rtattr, one behind the other."""
    found = {}
    while len(data) >= 4:
        size, kind = struct.unpack_from("HH", data)
        found[kind] = data[4:size]
        data = data[(size + 3) & ~3 :]
    return found


def links(sock: socket.socket) -> None:
    """The loopback interface, of which there is one everywhere."""
    sock.send(request(GET_LINK, socket.AF_UNSPEC, 7))
    for kind, body in messages(sock, 7):
        if kind == DONE:
            print("end", body[:4])
            continue
        family, hardware, index, flags, _ = struct.unpack_from("BxHiII", body)
        if index == LOOPBACK:
            told = attributes(body[16:])
            print("link", kind, family, hardware, hex(flags & 0x49), told[3], told[4], told[1])


def addresses(sock: socket.socket, family: int, sequence: int) -> None:
    """The loopback interface's addresses of a family."""
    sock.send(request(GET_ADDRESS, family, sequence))
    for kind, body in messages(sock, sequence):
        if kind == DONE:
            print("end", body[:4])
            continue
        own, prefix, flags, scope, index = struct.unpack_from("BBBBI", body)
        if index == LOOPBACK:
            told = attributes(body[8:])
            print("address", kind, own, prefix, hex(flags), scope, told[1], told.get(3), told[8])


def refusals() -> None:
    """Addresses and protocols that there are not."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW) as sock:
        print(sock.getsockname(), attempt(sock.sendto, b"x" * 16, (1 << 30, 0)))
        print(attempt(sock.recv, 10, socket.MSG_DONTWAIT))
        print(attempt(sock.listen), attempt(sock.accept))
    print(attempt(socket.socket, socket.AF_NETLINK, socket.SOCK_STREAM))
    print(attempt(socket.socket, socket.AF_NETLINK, socket.SOCK_RAW, 99))


def main() -> None:
    print(socket.if_nameindex()[0], socket.if_nametoindex("lo"), socket.if_indextoname(1))
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW) as sock:
        sock.settimeout(20)
        sock.bind((0, 0))
        print(sock.getsockname()[0] != 0)
        links(sock)
        for number, family in enumerate((socket.AF_UNSPEC, socket.AF_INET, socket.AF_INET6)):
            addresses(sock, family, number)
        sock.setblocking(False)
        print(sock.send(b"short"), attempt(sock.recv, 10))
    refusals()


main()
