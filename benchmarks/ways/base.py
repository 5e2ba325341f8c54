"""What is asked of each way of running a service: start it, say when it is ready, lead to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from attrs import define, field

from meshkernel.machine.stamps import Stamps

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[], Awaitable[Streams]]
KNOCK = 0.001
"""Seconds between two attempts to reach a process; a switch knocks by itself."""


@define
class Running:
    """A service that was started.

    Attributes:
        pid: of the process that it costs: QEMU, or the interpreter itself.
        started: `time.monotonic` just before that process was made, in seconds.
        ready: the same when the service has said that it is ready; or, for the floor, when the
            guest has said anything.
        connect: opens a stream to it, waiting until that is possible.
        stamps: how far its start was when, by its own account.
        spent: seconds of a processor that the process had used before.
    """

    pid: int
    started: float
    ready: asyncio.Future[float]
    connect: Connect | None = None
    stamps: Callable[[], Awaitable[Stamps]] | None = None
    spent: float = 0.0


class Way(Protocol):
    """One way of running one service."""

    name: str

    def start(self) -> AbstractAsyncContextManager[Running]:
        """Starts it; it is gone when the block ends."""


@define
class Word:
    """Waits for what a service says first about itself.

    Attributes:
        said: becomes the time of ``ready``; its failure is the exception.
    """

    said: asyncio.Future[float] = field(factory=lambda: asyncio.get_running_loop().create_future())

    def message(self, message: dict[str, Any]) -> None:
        """A message of the control channel."""
        if message["type"] == "ready":
            self.now()
        elif message["type"] == "failed" and not self.said.done():
            self.said.set_exception(RuntimeError(message["message"]))

    def now(self) -> None:
        """It has said it."""
        if not self.said.done():
            self.said.set_result(asyncio.get_running_loop().time())


async def knock(host: str, port: int) -> Streams:
    """Connects as soon as somebody listens there."""
    while True:
        try:
            return await asyncio.open_connection(host, port)
        except ConnectionError:
            await asyncio.sleep(KNOCK)
