"""Local sockets: what goes beside the bytes, names, options. Linux says what is right."""

from __future__ import annotations

import array
import errno
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path

RIGHTS = (socket.SOL_SOCKET, socket.SCM_RIGHTS)


def attempt(call: Callable[..., object], *arguments: object) -> object:
    """The result, or the error's name."""
    try:
        return call(*arguments)
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, type(error).__name__)


def sent(sock: socket.socket, data: bytes, *files: int) -> int:
    """Sends bytes with descriptors."""
    return sock.sendmsg([data], [(*RIGHTS, array.array("i", files))])


def received(sock: socket.socket, size: int, room: int, flags: int = 0) -> list[int]:
    """Receives, prints what came, and returns the descriptors."""
    data, ancillary, flags, _ = sock.recvmsg(size, room, flags)
    files: list[int] = []
    for level, kind, value in ancillary:
        assert (level, kind) == RIGHTS
        files.extend(array.array("i", value))
    print(data, len(files), socket.MsgFlag(flags & ~socket.MSG_CMSG_CLOEXEC))
    return files


def descriptors(kind: socket.SocketKind) -> None:
    """Files that go along: where they come out, and what has no room."""
    print("descriptors", kind)
    one, other = socket.socketpair(socket.AF_UNIX, kind)
    read_end, write_end = os.pipe()
    one.send(b"before")
    sent(one, b"with", write_end)
    one.send(b"behind")
    first = received(other, 100, socket.CMSG_LEN(4), socket.MSG_PEEK)
    second = received(other, 100, socket.CMSG_LEN(4))
    third = received(other, 100, socket.CMSG_LEN(4))
    one.setblocking(False)
    other.setblocking(False)
    for _ in range(2):
        print(attempt(received, other, 100, socket.CMSG_LEN(4)))
    files = [*first, *second, *third]
    for number, file in enumerate(files):
        os.write(file, b"%d" % number)
    print(os.read(read_end, 100))

    sent(one, b"two for one", write_end, read_end)
    files += received(other, 100, socket.CMSG_LEN(4))
    sent(one, b"no room", write_end)
    files += received(other, 100, 0)
    sent(one, b"little", write_end)
    files += received(other, 100, socket.CMSG_LEN(4) - 1)
    print(attempt(sent, one, b"x", 999), attempt(sent, one, b"x", *([read_end] * 254)))
    print(attempt(one.sendmsg, [b"x"], [(socket.SOL_SOCKET, 77, b"1234")]))
    sent(one, b"closed at once", write_end)
    received(other, 100, socket.CMSG_LEN(4), socket.MSG_CMSG_CLOEXEC)
    for file in (*files, write_end):
        os.close(file)
    one.close()
    other.close()


def a_file_outlives_its_sender() -> None:
    """A descriptor on its way keeps the file open, one that nobody takes does not."""
    one, other = socket.socketpair()
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    sent(one, b"x", write_end)
    os.close(write_end)
    print(attempt(os.read, read_end, 1))
    other.close()
    print(attempt(os.read, read_end, 1))
    one.close()
    os.close(read_end)


def credentials() -> None:
    """Whether they come, and whose."""
    one, other = socket.socketpair()
    other.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    print(other.getsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED))
    given = struct.pack("iII", os.getpid(), 5, 6)
    one.sendmsg([b"mine"], [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, given)])
    one.send(b"default")
    for _ in range(2):
        data, ((level, kind, value),), flags, _ = other.recvmsg(4, 100)
        process, user, group = struct.unpack("iII", value)
        print(data, level, kind, process == os.getpid(), user, group, flags)
    peer = struct.unpack("iII", one.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    print(peer[0] == os.getpid(), peer[1:])


def names_and_options() -> None:
    """What bind, the options and shut sockets answer."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    print(attempt(sock.getpeername), sock.getsockname())
    sock.bind("")
    print(len(sock.getsockname()), sock.getsockname()[:1], attempt(sock.bind, "\0other"))
    path = "/tmp/meshkernel-local-socket"
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    accepted, peer = server.accept()
    print(client.getpeername() == path, accepted.getsockname() == path, peer)
    print(attempt(client.connect, path), attempt(client.sendto, b"x", path))
    for name in (socket.SO_REUSEADDR, socket.SO_KEEPALIVE, socket.SO_BROADCAST):
        client.setsockopt(socket.SOL_SOCKET, name, 5)
        print(name, client.getsockopt(socket.SOL_SOCKET, name))
    print(attempt(client.getsockopt, socket.SOL_SOCKET, 9999))
    print(attempt(client.getsockopt, socket.IPPROTO_TCP, socket.TCP_NODELAY))
    timeout = struct.pack("ll", 0, 20000)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeout)
    print(client.getsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, 16) == timeout)
    print(attempt(client.recv, 1))
    Path(path).unlink()


if __name__ == "__main__":
    for each in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        descriptors(each)
    a_file_outlives_its_sender()
    credentials()
    names_and_options()
