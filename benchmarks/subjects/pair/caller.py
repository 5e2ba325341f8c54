"""Calls over its link, and takes the time."""

import asyncio
import socket
import time

from meshkernel import link, rpc

callee = link("callee")
PATIENCE = 120.0


@rpc
async def calls(count: int, at_once: int) -> float:
    """Seconds for so many calls, so many of them at a time."""

    async def some(number: int) -> None:
        for _ in range(number):
            await callee.echo(text="hello")

    began = time.monotonic()
    await asyncio.gather(*(some(len(range(first, count, at_once))) for first in range(at_once)))
    return time.monotonic() - began


@rpc
def stream(host: str, size: int) -> float:
    """Seconds for so many bytes from the callee's port, over one connection."""
    buffer = bytearray(1 << 18)
    began = time.monotonic()
    with socket.create_connection((host, 7001), timeout=PATIENCE) as connection:
        connection.sendall(b"%d\n" % size)
        left = size
        while left > 0:
            got = connection.recv_into(buffer)
            if got == 0:
                raise ConnectionError(f"{left} bytes are missing")
            left -= got
    return time.monotonic() - began
