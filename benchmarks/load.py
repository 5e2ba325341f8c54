"""The client that all peers are measured with: round trips of a small message over TCP."""

from __future__ import annotations

import asyncio
import time

MESSAGE = b"x" * 64


async def first_reply(host: str, port: int, *, limit: float) -> float:
    """Seconds until the first echoed message, knocking until the peer answers.

    Raises:
        TimeoutError: no answer came within `limit` seconds.
    """
    begin = time.monotonic()
    async with asyncio.timeout(limit):
        while not await _answers(host, port):
            pass
    return time.monotonic() - begin


async def _answers(host: str, port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(MESSAGE)
        reply = await reader.readexactly(len(MESSAGE))
        writer.close()
    except (ConnectionError, asyncio.IncompleteReadError):
        await asyncio.sleep(0.001)  # the port of the host listens before the machine does
        return False
    return reply == MESSAGE


async def requests_per_second(host: str, port: int, *, connections: int, seconds: float) -> float:
    """Round trips a second over so many connections; the clock starts when all of them are open."""
    streams = [await asyncio.open_connection(host, port) for _ in range(connections)]
    deadline = time.monotonic() + seconds
    begin = time.monotonic()
    counts = await asyncio.gather(*(_ping(*stream, deadline) for stream in streams))
    elapsed = time.monotonic() - begin
    for _, writer in streams:
        writer.close()
    return sum(counts) / elapsed


async def _ping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, deadline: float) -> int:
    count = 0
    while time.monotonic() < deadline:
        writer.write(MESSAGE)
        await reader.readexactly(len(MESSAGE))
        count += 1
    return count
