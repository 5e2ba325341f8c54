"""What clients ask of the services that benchmarks start."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

from benchmarks.ways.base import Connect, Streams
from meshkernel.client import Client

PATIENCE = 60.0
AT_ONCE = 8
TRIP = {"start": (52.52, 13.40), "goal": (48.85, 2.35), "day": "2026-07-03"}
"""From Berlin to Paris."""


async def call(target: str, connect: Connect, times: int, **arguments: object) -> None:
    """Calls ``service.function`` so many times over one connection, up to eight at a time."""

    async def stream(name: str) -> Streams:
        del name
        return await connect()

    async with Client(stream) as client:

        async def some(count: int) -> None:
            for _ in range(count):
                await client.call_within(PATIENCE, target, arguments)

        await _shared(some, times)


async def order(connect: Connect, times: int) -> None:
    """Orders so many times over HTTP, on one connection."""
    body = json.dumps({"product": "apple", "quantity": 3}).encode()
    head = f"POST /orders HTTP/1.1\r\nhost: web\r\ncontent-length: {len(body)}\r\n"
    reader, writer = await connect()
    for _ in range(times):
        writer.write(head.encode() + b"content-type: application/json\r\n\r\n" + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 201"), answer
        (length,) = [line for line in answer.lower().split(b"\r\n") if b"content-length" in line]
        await reader.readexactly(int(length.split()[-1]))
    writer.close()


async def _shared(some: Callable[[int], Awaitable[None]], times: int) -> None:
    parts = [len(range(start, times, AT_ONCE)) for start in range(min(AT_ONCE, times))]
    await asyncio.gather(*(some(part) for part in parts))


async def echo(connect: Connect, times: int) -> None:
    await call("echo.echo", connect, times, text="hello")


async def trips(connect: Connect, times: int) -> None:
    await call("search.trips", connect, times, **TRIP)
