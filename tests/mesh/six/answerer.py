"""Answers on a port of its own over both versions of IP, with the asker's address."""

from __future__ import annotations

import asyncio
import hashlib
import socket

from meshkernel import on_start, rpc

PORT = 7777


class Echo(asyncio.DatagramProtocol):
    """Answers each datagram with how long it was and whom it came from."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.transport.sendto(f"{len(data)} from {address[0]}".encode(), address)


@on_start
async def listen() -> None:
    await asyncio.start_server(
        _answer,
        sock=socket.create_server(("::", PORT), family=socket.AF_INET6, dualstack_ipv6=True),
    )
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(Echo, ("::", PORT), family=socket.AF_INET6)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    data = await reader.read(-1)
    peer = writer.get_extra_info("peername")[0]
    writer.write(f"{hashlib.sha256(data).hexdigest()} from {peer}".encode())
    writer.close()


@rpc
async def connect_back(address: str) -> str:
    """Try to reach the asker, against the link's direction."""
    try:
        async with asyncio.timeout(1.0):
            await asyncio.open_connection(f"{address}%eth0", PORT)
    except (TimeoutError, OSError) as error:
        return type(error).__name__
    return "connected"
