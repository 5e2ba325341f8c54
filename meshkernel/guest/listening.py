"""The ports of a service, and how connections to them are accepted."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

BACKLOG = 1024
"""Connections that may wait to be accepted: a service that is summoned finds many at once."""


class Port:
    """A port that is taken, on which nobody is answered before `open`.

    Connections have ``TCP_NODELAY`` from the socket that they come in at (tcp(7)), which therefore
    does not name its protocol: asyncio would set the option once more for each. And a turn of the
    event loop accepts one connection: asyncio's own number of them ends with an error each time,
    since it asks until there is none.
    """

    def __init__(self, server: asyncio.Server, bound: socket.socket) -> None:
        self._bound = bound
        self.server = server

    @classmethod
    async def take(cls, host: str, port: int, protocol: Callable[[], asyncio.BaseProtocol]) -> Port:
        """``protocol`` makes one for each connection."""
        bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            bound.bind((host, port))
            loop = asyncio.get_running_loop()
            server = await loop.create_server(protocol, sock=bound, backlog=1, start_serving=False)
        except BaseException:
            bound.close()
            raise
        return cls(server, bound)

    @property
    def number(self) -> int:
        found: int = self._bound.getsockname()[1]
        return found

    async def open(self) -> None:
        """From now on there are answers."""
        await self.server.start_serving()
        self._bound.listen(BACKLOG)
