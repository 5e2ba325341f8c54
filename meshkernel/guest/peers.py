"""The calling side of a service's links: one connection for each, opened by the first call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from meshkernel.errors import NotDelivered
from meshkernel.guest.configuration import Configuration, Peer
from meshkernel.service import shared_errors, undeclared
from meshkernel.wire import deadline
from meshkernel.wire.caller import CallerConnection
from meshkernel.wire.faults import Closing

FIRST_WAIT, LONGEST_WAIT = 0.02, 1.0
"""Seconds between attempts to connect: each waits twice as long as the one before it."""

ATTEMPT = 1.0
"""Seconds for one attempt to connect."""


class PeerLink:
    """One declared link."""

    def __init__(self, service: str, peer: Peer) -> None:
        self._service = service
        self._peer = peer
        self._connection: CallerConnection | None = None
        self._connecting: asyncio.Task[CallerConnection] | None = None
        self._waiting = 0  # calls that wait for the connection
        self._fault: OSError | None = None  # of the last attempt to connect

    async def call(self, method: str, arguments: Mapping[str, Any]) -> Any:
        """The result of one call, within the link's timeout."""
        loop = asyncio.get_running_loop()
        limit = self._peer.timeout
        until = loop.time() + limit
        while True:
            connection = self._connection
            if connection is None or not connection.usable:
                connection = await self._connect(method, deadline.seconds_for(limit))
                limit = until - loop.time()
            try:
                return await connection.call(method, arguments, limit)
            except Closing:  # the peer goes to sleep, or stops: it ran nothing of this call
                limit = until - loop.time()

    def close(self) -> None:
        """End the connection, and any attempt to open one."""
        if self._connecting is not None:
            self._connecting.cancel()
        if self._connection is not None:
            self._connection.close()

    async def _connect(self, method: str, seconds: float) -> CallerConnection:
        """The connection, opened by one task for all calls that wait for it."""
        connecting = self._connecting
        if connecting is None or connecting.done():
            connecting = self._connecting = asyncio.get_running_loop().create_task(self._open())
        self._waiting += 1
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(connecting)
        except TimeoutError:
            fault = f": {self._fault}" if self._fault else ""
            raise NotDelivered(
                f"{self._peer.name}.{method}: {self._peer.name} could not be reached at"
                f" {self._peer.address}:{self._peer.port} within {max(seconds, 0):g} s{fault}"
            ) from self._fault
        finally:
            self._waiting -= 1
            if not self._waiting and not connecting.done():
                connecting.cancel()
                self._connecting = None  # the next call begins anew

    async def _open(self) -> CallerConnection:
        """Try until it succeeds; cancelled when no call waits for it any more."""
        wait = FIRST_WAIT
        while True:
            try:
                connection = await self._attempt()
            except TimeoutError as error:  # waited for long enough
                self._fault = error
            except OSError as error:
                self._fault = error
                await asyncio.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT)
            else:
                self._fault = None
                self._connection = connection
                return connection

    async def _attempt(self) -> CallerConnection:
        """A connection over which the peer has said hello: no call is given to another one."""
        loop = asyncio.get_running_loop()
        # An attempt that met no answer is not waited for: the peer may be up again by now.
        async with asyncio.timeout(ATTEMPT):
            _, connection = await loop.create_connection(
                self._new_connection, self._peer.address, self._peer.port
            )
        try:
            await connection.greeted()
        except BaseException:
            connection.abort()
            raise
        return connection

    def _new_connection(self) -> CallerConnection:
        return CallerConnection(self._service, self._peer.name, shared=shared_errors())


class Peers:
    """What ``link()`` resolves with inside of a mesh."""

    def __init__(self, configuration: Configuration) -> None:
        self._links = {
            name: PeerLink(configuration.service, peer)
            for name, peer in configuration.peers.items()
        }

    def resolve(self, name: str) -> Callable[..., Any]:
        """The link's `call`; LinkError for an undeclared link."""
        link = self._links.get(name)
        if link is None:
            raise undeclared(name, self._links)
        return link.call

    def close(self) -> None:
        """End every connection."""
        for link in self._links.values():
            link.close()
