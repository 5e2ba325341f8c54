"""The calling side of a service's links: a connection to each replica of a link's target, opened by
the first call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from meshkernel.guest.configuration import Configuration, Peer
from meshkernel.service import shared_errors, undeclared
from meshkernel.wire.balance import Balance
from meshkernel.wire.caller import CallerConnection

ATTEMPT = 1.0
"""Seconds for one attempt to connect."""


class PeerLink:
    """One declared link."""

    def __init__(self, service: str, peer: Peer) -> None:
        self._service = service
        self._peer = peer
        self.balance = Balance(peer.name, self._connect, peer.addresses)

    async def call(self, method: str, arguments: Mapping[str, Any]) -> Any:
        """The result of one call, within the link's timeout."""
        return await self.balance.call(method, arguments, self._peer.timeout)

    async def _connect(self, address: str) -> CallerConnection:
        loop = asyncio.get_running_loop()
        # An attempt that met no answer is not waited for: the peer may be up again by now.
        async with asyncio.timeout(ATTEMPT):
            _, connection = await loop.create_connection(
                self._new_connection, address, self._peer.port
            )
        return connection

    def _new_connection(self) -> CallerConnection:
        return CallerConnection(self._service, self._peer.name, shared=shared_errors())


class Peers:
    """What ``link()`` resolves with inside of a mesh. There is no link before it is configured, and
    each is made when it is used first.
    """

    def __init__(self, configuration: Configuration | None = None) -> None:
        self._service = ""
        self._peers: dict[str, Peer] = {}
        self._links: dict[str, PeerLink] = {}
        if configuration is not None:
            self.configure(configuration)

    def configure(self, configuration: Configuration) -> None:
        """Have these links."""
        self._service = configuration.service
        self._peers = configuration.peers

    def resolve(self, name: str) -> Callable[..., Any]:
        """The link's `call`; LinkError for an undeclared link."""
        return self._link(name).call

    def offer(self, peers: Mapping[str, list[str]]) -> None:
        """The addresses of the replicas to call from now on, by the names of links."""
        for name, addresses in peers.items():
            if name in self._peers and addresses:
                self._link(name).balance.offer(addresses)

    def _link(self, name: str) -> PeerLink:
        link = self._links.get(name)
        if link is None:
            peer = self._peers.get(name)
            if peer is None:
                raise undeclared(name, self._peers)
            link = self._links[name] = PeerLink(self._service, peer)
        return link

    def close(self) -> None:
        """End every connection."""
        for link in self._links.values():
            link.balance.close()
