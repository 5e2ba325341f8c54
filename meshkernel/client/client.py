"""Calling the services of a running mesh from the host."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from meshkernel.errors import LinkError, NotDelivered
from meshkernel.wire.caller import CallerConnection
from meshkernel.wire.connection import adopt
from meshkernel.wire.faults import Closing

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
OpenConnection = Callable[[str], Awaitable[Stream]]
"""Opens a stream to the call port of the service of this name: OSError if it cannot be reached,
LookupError with a sentence if there is no such service."""

AGAIN = 0.02
"""Seconds before a service that has closed a connection is tried again."""

TIMEOUT = 30.0
"""Seconds that a call may take, where the caller says nothing."""


class Client:
    """Calls from the host, over one connection for each service, opened by its first call.

    Results are plain: maps, lists, numbers, text. Use it as an async context manager, or close it.
    """

    def __init__(self, open_connection: OpenConnection, *, name: str = "host") -> None:
        self._open_connection = open_connection
        self._name = name
        self._connections: dict[str, CallerConnection] = {}
        self._writers: dict[str, asyncio.StreamWriter] = {}  # kept: a collected writer closes
        self._opening: dict[str, asyncio.Lock] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        stack: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def call(self, target: str, /, **arguments: Any) -> Any:
        """The result of ``service.function`` with these arguments."""
        return await self.call_within(TIMEOUT, target, arguments)

    async def call_within(self, seconds: float, target: str, arguments: dict[str, Any]) -> Any:
        """The result of ``service.function``, or one of the call errors in so many seconds."""
        service, dot, function = target.partition(".")
        if not (service and dot and function):
            raise ValueError(f"{target!r} does not name a function: write service.function")
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while True:
            try:
                async with asyncio.timeout_at(until):
                    connection = await self._connection(service)
            except TimeoutError as error:
                message = f"{service} could not be reached within {seconds:g} s"
                raise NotDelivered(message) from error
            # What goes to sleep, or stops, has run nothing of this call.
            with suppress(Closing):
                return await connection.call(function, arguments, until - loop.time())

    async def aclose(self) -> None:
        """End every connection."""
        writers, self._writers = self._writers, {}
        self._connections.clear()
        for writer in writers.values():
            writer.close()

    async def _connection(self, service: str) -> CallerConnection:
        async with self._opening.setdefault(service, asyncio.Lock()):
            connection = self._connections.get(service)
            while connection is None or not connection.usable:
                connection = await self._connect(service)
            return connection

    async def _connect(self, service: str) -> CallerConnection | None:
        """A connection over which the service has said hello; None if it closed it instead, since
        it is going to sleep, or stops.
        """
        try:
            _, writer = await self._open_connection(service)
        except OSError as error:
            raise NotDelivered(f"{service} could not be reached: {error}") from error
        except LookupError as error:
            raise LinkError(str(error.args[0])) from error
        connection = CallerConnection(self._name, service, typed=False)
        adopt(writer, connection)
        try:
            await connection.greeted()
        except ConnectionError:
            await asyncio.sleep(AGAIN)
            return None
        finally:
            if not connection.usable:
                writer.close()
        self._connections[service] = connection
        self._writers[service] = writer
        return connection
