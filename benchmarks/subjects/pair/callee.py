"""Answers calls, and gives bytes to whoever connects to its port."""

import socket
import threading

from meshkernel import on_start, rpc

CHUNK = bytes(1 << 16)


@on_start
def listen() -> None:
    threading.Thread(target=serve, daemon=True).start()


def serve() -> None:
    with socket.create_server(("0.0.0.0", 7001), reuse_port=True) as server:
        while True:
            connection, _ = server.accept()
            with connection:
                give(connection)


def give(connection: socket.socket) -> None:
    """As many bytes as the first line says."""
    left = int(connection.makefile("rb").readline())
    while left > 0:
        connection.sendall(CHUNK[:left])
        left -= len(CHUNK)


@rpc
async def echo(text: str) -> str:
    return text
