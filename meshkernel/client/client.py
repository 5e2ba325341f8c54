"""Calling the services of a running mesh from the host."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Self

from meshkernel.errors import LinkError
from meshkernel.wire.balance import Balance
from meshkernel.wire.caller import CallerConnection
from meshkernel.wire.connection import adopt

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
OpenConnection = Callable[[str], Awaitable[Stream]]
"""Opens a stream to the call port of the replica of this name: OSError if it cannot be reached,
LookupError with a sentence if there is no such service."""

Replicas = Callable[[str], Sequence[str]]
"""The names of the replicas of a service that are to be called now; of an unknown service, any."""

TIMEOUT = 30.0
"""Seconds that a call may take, where the caller says nothing."""


class Client:
    """Calls from the host, balanced over a service's replicas; connections are opened by the first
    call.

    Results are plain: maps, lists, numbers, text. Use it as an async context manager, or close it.
    """

    def __init__(
        self,
        open_connection: OpenConnection,
        *,
        name: str = "host",
        replicas: Replicas = lambda service: [service],
    ) -> None:
        self._open_connection = open_connection
        self._replicas = replicas
        self._name = name
        self._balances: dict[str, Balance] = {}
        self._writers: list[asyncio.StreamWriter] = []  # kept: a collected writer closes

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
        balance = self._balances.get(service)
        if balance is None:
            # Who opens a connection for us is patient already, and tells why there is none.
            balance = Balance(service, partial(self._connect, service), [], patient=False)
            self._balances[service] = balance
        balance.offer(self._replicas(service))
        return await balance.call(function, arguments, seconds)

    async def aclose(self) -> None:
        """End every connection."""
        balances, self._balances = self._balances, {}
        for balance in balances.values():
            balance.close()
        writers, self._writers = self._writers, []
        for writer in writers:
            writer.close()

    async def _connect(self, service: str, replica: str) -> CallerConnection:
        try:
            _, writer = await self._open_connection(replica)
        except LookupError as error:
            raise LinkError(str(error.args[0])) from error
        connection = CallerConnection(self._name, service, typed=False)
        adopt(writer, connection)
        self._writers = [each for each in self._writers if not each.is_closing()]
        self._writers.append(writer)
        return connection
