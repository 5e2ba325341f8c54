"""A service and a caller on one TCP connection of the loopback device."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from meshkernel.wire import frames
from meshkernel.wire.caller import CallerConnection
from meshkernel.wire.server import Dispatcher, serving

Serve = Callable[..., Awaitable[int]]


@pytest.fixture
async def cleanup() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
def serve(cleanup: AsyncExitStack) -> Serve:
    """Serves functions as `shop`; gives the port."""

    async def start(*functions: Any, shared: Any = None) -> int:
        dispatcher = Dispatcher("shop", {f.__name__: f for f in functions}, shared)
        server = await asyncio.get_running_loop().create_server(serving(dispatcher), "127.0.0.1", 0)
        cleanup.callback(server.close)
        cleanup.push_async_callback(dispatcher.close)
        return server.sockets[0].getsockname()[1]

    return start


@pytest.fixture
def dial(cleanup: AsyncExitStack) -> Callable[..., Awaitable[CallerConnection]]:
    """Connects a caller to a port."""

    async def connect(port: int, **options: Any) -> CallerConnection:
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: CallerConnection("test", "shop", **options), "127.0.0.1", port
        )
        cleanup.callback(connection.close)
        return connection

    return connect


@pytest.fixture
def connected(serve: Serve, dial: Any) -> Callable[..., Awaitable[CallerConnection]]:
    """A caller of these functions."""

    async def connect(*functions: Any, shared: Any = None, **options: Any) -> CallerConnection:
        return await dial(await serve(*functions, shared=shared), shared=shared, **options)

    return connect


class RawCaller:
    """Frames as bytes, for what a well-behaved caller never sends."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, identifier: int, kind: int, payload: bytes) -> None:
        self.writer.write(frames.encode(identifier, kind, payload))

    async def receive(self) -> tuple[int, int, bytes]:
        header = await self.reader.readexactly(frames.HEADER.size)
        length, identifier, kind = frames.HEADER.unpack(header)
        return identifier, kind, await self.reader.readexactly(length)


@pytest.fixture
def raw(cleanup: AsyncExitStack) -> Callable[[int], Awaitable[RawCaller]]:
    async def connect(port: int) -> RawCaller:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        cleanup.callback(writer.close)
        return RawCaller(reader, writer)

    return connect
