"""Sockets over loopback, whose every answer is printed: Linux says what is right."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import select
import socket
import socketserver
import struct
import termios
import threading
from collections.abc import Callable
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer

HOST = "127.0.0.1"
BITS = {name: getattr(select, name) for name in ("EPOLLIN", "EPOLLOUT", "EPOLLERR", "EPOLLHUP")}
BITS["EPOLLRDHUP"] = select.EPOLLRDHUP


def attempt(call: Callable[..., object], *arguments: object) -> object:
    """The result, or the error's name."""
    try:
        return call(*arguments)
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, type(error).__name__)


def listening(backlog: int = 5) -> tuple[socket.socket, int]:
    """A listening socket and its port."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((HOST, 0))
    server.listen(backlog)
    return server, server.getsockname()[1]


def pair() -> tuple[socket.socket, socket.socket]:
    """Both ends of a connection."""
    server, port = listening()
    client = socket.create_connection((HOST, port))
    accepted, _ = server.accept()
    server.close()
    return client, accepted


def ready(sock: socket.socket) -> list[str]:
    """What epoll says of a socket, at once."""
    with select.epoll() as epoll:
        epoll.register(sock, select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP)
        events = dict(epoll.poll(0)).get(sock.fileno(), 0)
    return [name for name, bit in sorted(BITS.items()) if events & bit]


def wait_for(sock: socket.socket, event: int) -> list[str]:
    """What epoll says once the event is there."""
    with select.epoll() as epoll:
        epoll.register(sock, event)
        epoll.poll(10)
    return ready(sock)


def names_and_options() -> None:
    """Families, types, addresses, options."""
    sock = socket.socket()
    print(sock.family, sock.type, sock.getsockname(), attempt(sock.getpeername))
    for option in (socket.SO_TYPE, socket.SO_DOMAIN, socket.SO_PROTOCOL, socket.SO_ERROR):
        print("option", option, sock.getsockopt(socket.SOL_SOCKET, option))
    for level, option in (
        (socket.SOL_SOCKET, socket.SO_REUSEADDR),
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
        (socket.SOL_SOCKET, socket.SO_REUSEPORT),
        (socket.SOL_SOCKET, socket.SO_BROADCAST),
        (socket.IPPROTO_TCP, socket.TCP_NODELAY),
        (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
        (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
        (socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
        (socket.IPPROTO_IP, socket.IP_TTL),
        (socket.IPPROTO_IP, socket.IP_TOS),
    ):
        before = sock.getsockopt(level, option)
        sock.setsockopt(level, option, 1)
        print("set", level, option, before, sock.getsockopt(level, option))
    linger = socket.SO_LINGER
    print(struct.unpack("ii", sock.getsockopt(socket.SOL_SOCKET, linger, 8)))
    sock.setsockopt(socket.SOL_SOCKET, linger, struct.pack("ii", 1, 3))
    print(struct.unpack("ii", sock.getsockopt(socket.SOL_SOCKET, linger, 8)))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 50000)
    print(sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF))
    print(attempt(sock.setsockopt, socket.SOL_SOCKET, 9999, 1))
    print(attempt(sock.setsockopt, socket.IPPROTO_TCP, 9999, 1))
    print(attempt(sock.listen), sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    sock.close()
    print(attempt(socket.socket, 1234), attempt(socket.socket, socket.AF_INET, 77))
    print(attempt(socket.socket, socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_UDP))


def connections() -> None:
    """Data, peeking, half close, the end."""
    client, server = pair()
    print(client.getpeername() == server.getsockname(), ready(client), ready(server))
    client.sendall(b"hello world")
    print(wait_for(server, select.EPOLLIN), server.recv(5, socket.MSG_PEEK), server.recv(5))
    count = struct.unpack("i", fcntl.ioctl(server, termios.FIONREAD, b"\0\0\0\0"))[0]
    print(count, server.recv(6, socket.MSG_WAITALL), attempt(server.recv, 1, socket.MSG_DONTWAIT))
    client.sendmsg([b"scattered", b" ", b"message"])
    buffers = [bytearray(4), bytearray(20)]
    size, ancillary, flags, _ = server.recvmsg_into(buffers)
    print(size, ancillary, int(flags), [bytes(buffer) for buffer in buffers])
    client.shutdown(socket.SHUT_WR)
    print(wait_for(server, select.EPOLLIN), server.recv(10), attempt(client.send, b"x"))
    server.sendall(b"answer")
    print(wait_for(client, select.EPOLLIN), client.recv(10))
    server.close()
    print(wait_for(client, select.EPOLLRDHUP), client.recv(10), client.recv(10))
    client.close()


def resets() -> None:
    """Refusals and resets."""
    server, port = listening()
    server.close()
    client = socket.socket()
    print(attempt(client.connect, (HOST, port)), ready(client))
    client.close()
    client = socket.socket()
    client.setblocking(False)
    print(client.connect_ex((HOST, port)) in (errno.EINPROGRESS, errno.ECONNREFUSED))
    client.close()
    client, server = pair()
    client.sendall(b"never read")
    wait_for(server, select.EPOLLIN)
    server.close()
    print(wait_for(client, select.EPOLLRDHUP), attempt(client.recv, 1), client.recv(1))
    print(attempt(client.send, b"x"))
    client.close()
    client, server = pair()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    wait_for(server, select.EPOLLRDHUP)
    print(server.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNRESET)
    print(attempt(server.recv, 1))
    server.close()


def errors() -> None:
    """Calls that cannot be."""
    server, port = listening()
    second = socket.socket()
    second.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    print(attempt(second.bind, (HOST, port)), attempt(second.bind, ("192.0.2.1", 0)))
    print(attempt(second.recv, 1), attempt(second.shutdown, socket.SHUT_WR), attempt(second.accept))
    second.connect((HOST, port))
    print(attempt(second.connect, (HOST, port)), attempt(second.listen))
    print(attempt(second.bind, (HOST, 0)), attempt(server.connect, (HOST, port)))
    server.setblocking(False)
    server.accept()[0].close()
    print(attempt(server.accept))
    second.close()
    server.close()
    timed = socket.socket()
    timed.settimeout(0.05)
    timed.bind((HOST, 0))
    timed.listen()
    try:
        timed.accept()
    except TimeoutError:
        print("timed out")
    timed.close()


def back_pressure() -> None:
    """A writer is stopped, and goes on when the reader reads."""
    client, server = pair()
    client.setblocking(False)
    sent = 0
    while True:
        try:
            sent += client.send(b"x" * 65536)
        except BlockingIOError:
            if "EPOLLOUT" not in ready(client):
                break
    print(sent > 100000, ready(client))
    read = 0
    while read < sent:
        read += len(server.recv(1 << 20))
    print(read == sent, wait_for(client, select.EPOLLOUT))
    client.close()
    server.close()


def datagrams() -> None:
    """UDP."""
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    two = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    two.bind((HOST, 0))
    address = two.getsockname()
    print(one.sendto(b"datagram", address), one.getsockname()[1] != 0, one.getsockname()[0])
    data, sender = two.recvfrom(3)
    print(data, sender[0])
    print(one.sendto(b"", address), two.recvfrom(10)[0], attempt(one.send, b"x"))
    print(one.sendto(b"long one", address), two.recvmsg(4)[0::2])
    print(attempt(one.sendto, b"x" * 70000, address))
    print(attempt(one.sendto, b"x", (HOST, 0)))
    one.connect(address)
    print(one.getpeername() == address, one.getsockname()[0], one.send(b"x"))
    two.close()
    one.settimeout(5)
    one.send(b"to nobody")
    print(attempt(one.recv, 1), ready(one))
    one.close()


async def with_asyncio() -> None:
    """Streams of asyncio: many at once, large and small."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, HOST, 0)
    port = server.sockets[0].getsockname()[1]

    async def once(size: int) -> bool:
        reader, writer = await asyncio.open_connection(HOST, port)
        data = bytes(range(256)) * (size // 256)
        writer.write(data)
        writer.write_eof()
        result = await reader.read(-1)
        writer.close()
        await writer.wait_closed()
        return result == data

    print(await asyncio.gather(*(once(size) for size in (256, 65536, 1 << 20) * 5)))
    server.close()
    await server.wait_closed()
    try:
        await asyncio.open_connection(HOST, port)
    except ConnectionRefusedError as error:
        print("refused", error.errno == errno.ECONNREFUSED)


class Page(BaseHTTPRequestHandler):
    """One page."""

    def do_GET(self) -> None:
        body = f"you asked for {self.path}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the port differs from run to run."""


class Upper(socketserver.StreamRequestHandler):
    """Lines in capitals."""

    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line.upper())


def servers() -> None:
    """http.server with http.client, and socketserver with threads."""
    with HTTPServer((HOST, 0), Page) as web:
        threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.05}).start()
        for path in ("/one", "/two"):
            connection = HTTPConnection(HOST, web.server_port, timeout=20)
            connection.request("GET", path)
            response = connection.getresponse()
            print(response.status, response.read())
            connection.close()
        web.shutdown()
    with socketserver.ThreadingTCPServer((HOST, 0), Upper) as tcp:
        threading.Thread(target=tcp.serve_forever, kwargs={"poll_interval": 0.05}).start()
        with socket.create_connection(tcp.server_address) as client, client.makefile("rwb") as file:
            file.write(b"quiet\nlines\n")
            file.flush()
            print(file.readline(), file.readline())
        tcp.shutdown()


def main() -> None:
    """Everything, in this order."""
    for part in (names_and_options, connections, resets, errors, back_pressure, datagrams):
        print(part.__name__)
        part()
    print("asyncio")
    asyncio.run(with_asyncio())
    print("servers")
    servers()


if __name__ == "__main__":
    main()
