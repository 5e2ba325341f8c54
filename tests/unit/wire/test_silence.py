"""A callee that says nothing, and how long it has for a hello."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable

from meshkernel.wire import codec, frames
from meshkernel.wire.caller import CallerConnection
from meshkernel.wire.faults import Silent

HEADER = struct.Struct(">IIB")
TIMEOUT = 2.0
"""Seconds of a call: a quarter of them lies between two looks at the callee."""


async def is_silent(call: Awaitable[object]) -> float:
    """When that is found out, by the event loop's clock."""
    try:
        await call
    except Silent:
        return asyncio.get_running_loop().time()
    raise AssertionError("it answered")


async def test_a_hello_that_another_call_asked_for_just_now_is_not_owed_yet() -> None:
    loop = asyncio.get_running_loop()
    asked: list[float] = []

    async def greet_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            size, _, kind = HEADER.unpack(await reader.readexactly(HEADER.size))
            await reader.readexactly(size)
            if kind == frames.HELLO:
                asked.append(loop.time())
            if len(asked) == 1 and kind == frames.HELLO:
                hello = {"version": frames.VERSION, "from": "s", "results": {}, "idempotent": []}
                writer.write(frames.encode(0, frames.HELLO, codec.pack(hello)))

    server = await asyncio.start_server(greet_once, "127.0.0.1", 0)
    _, caller = await loop.create_connection(
        lambda: CallerConnection("test", "s"), *server.sockets[0].getsockname()
    )
    await caller.greeted()
    async with asyncio.timeout(10):
        first = asyncio.create_task(is_silent(caller.call("work", {}, TIMEOUT, movable=True)))
        await asyncio.sleep(TIMEOUT / 8)
        second = asyncio.create_task(is_silent(caller.call("work", {}, TIMEOUT, movable=True)))
        found = await asyncio.gather(first, second)
    assert len(asked) == 2
    assert min(found) - asked[1] >= TIMEOUT / 4 - 0.05
    caller.abort()
    server.close()
