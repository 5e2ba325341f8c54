"""Asks its peer over IPv6, without a call."""

from __future__ import annotations

import asyncio
import errno
import socket
from pathlib import Path

from meshkernel import link, rpc

answerer = link("answerer")
PORT = 7777


@rpc
def own_address() -> list[str]:
    """The addresses of this machine's interface, in hexadecimal digits."""
    lines = Path("/proc/net/if_inet6").read_text().splitlines()
    return [line.split()[0] for line in lines if line.split()[-1] == "eth0"]


@rpc
async def send(address: str, size: int) -> str:
    """Send bytes over a connection; returns the answer."""
    reader, writer = await asyncio.open_connection(address, PORT)
    writer.write(bytes(number % 251 for number in range(size)))
    writer.write_eof()
    answer = await reader.read(-1)
    writer.close()
    return answer.decode()


@rpc
def datagram(address: str, size: int, port: int = PORT) -> str:
    """Send a datagram; returns the answer, or the error's name."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        sock.settimeout(10)
        sock.connect((address, port, 0, socket.if_nametoindex("eth0")))
        sock.send(bytes(size))
        try:
            return sock.recv(1000).decode()
        except OSError as error:
            return errno.errorcode[error.errno or 0]


@rpc
async def connect_back(address: str) -> str:
    return await answerer.connect_back(address=address)
