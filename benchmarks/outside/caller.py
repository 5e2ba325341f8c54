"""Talks with a server outside of the mesh, and takes the time."""

import socket
import time

from meshkernel import rpc

SERVER = ("server", 7000)
CHUNK = 1 << 16
PATIENCE = 120.0


def opened(order: bytes) -> socket.socket:
    """A connection to the server, which has been told what to do on it."""
    connection = socket.create_connection(SERVER, timeout=PATIENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(order)
    return connection


@rpc
def receive(size: int) -> float:
    """Seconds for so many bytes from the server."""
    begin = time.monotonic()
    with opened(b"give %16d" % size) as connection:
        left = size
        while left > 0:
            got = len(connection.recv(CHUNK))
            if got == 0:
                raise ConnectionError(f"{left} bytes are missing")
            left -= got
    return time.monotonic() - begin


@rpc
def send(size: int) -> float:
    """Seconds for so many bytes to the server, which answers when it has them all."""
    begin = time.monotonic()
    with opened(b"take %16d" % size) as connection:
        for _ in range(size // CHUNK):
            connection.sendall(bytes(CHUNK))
        if connection.recv(1) != b"!":
            raise ConnectionError("the server has not got them all")
    return time.monotonic() - begin


@rpc
def round_trips(count: int) -> float:
    """Seconds for so many messages of 64 bytes and their echoes, one after the other."""
    message = b"x" * 64
    with opened(b"echo %16d" % 0) as connection:
        begin = time.monotonic()
        for _ in range(count):
            connection.sendall(message)
            if connection.recv(64, socket.MSG_WAITALL) != message:
                raise ConnectionError("the echo is not the message")
        return time.monotonic() - begin


@rpc
def openings(count: int) -> float:
    """Seconds for so many connections, opened and closed one after the other."""
    begin = time.monotonic()
    for _ in range(count):
        opened(b"echo %16d" % 0).close()
    return time.monotonic() - begin
