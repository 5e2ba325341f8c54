"""Links: one connection each, opened by the first call, and again after a loss."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from meshkernel.errors import LinkError, MayHaveRun, NotDelivered
from meshkernel.guest.configuration import Configuration
from meshkernel.guest.peers import Peers
from meshkernel.wire.caller import CallerConnection
from meshkernel.wire.server import Dispatcher, ServerConnection


def peers_of(port: int, timeout: float = 5.0) -> Peers:
    peer = {"addresses": ["127.0.0.1"], "port": port, "timeout": timeout}
    return Peers(Configuration({"mesh": "m", "service": "s", "port": 0, "peers": {"shop": peer}}))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Shop:
    """A peer that counts its connections, and may hang."""

    def __init__(self) -> None:
        self.connections: list[ServerConnection] = []
        self.begun = asyncio.Event()

        async def add(a: int, b: int) -> int:
            return a + b

        async def hang() -> None:
            self.begun.set()
            await asyncio.Event().wait()

        self._dispatcher = Dispatcher("shop", {"add": add, "hang": hang})

    def _connection(self) -> ServerConnection:
        self.connections.append(ServerConnection(self._dispatcher))
        return self.connections[-1]

    async def listen(self, port: int = 0) -> tuple[asyncio.Server, int]:
        server = await asyncio.get_running_loop().create_server(self._connection, "127.0.0.1", port)
        return server, server.sockets[0].getsockname()[1]


async def test_calls_share_the_connection_that_the_first_one_opens() -> None:
    shop = Shop()
    server, port = await shop.listen()
    peers = peers_of(port)
    call = peers.resolve("shop")
    assert shop.connections == []
    results = await asyncio.gather(*(call("add", {"a": n, "b": 1}) for n in range(20)))
    assert results == list(range(1, 21))
    assert len(shop.connections) == 1
    peers.close()
    server.close()


async def test_a_link_that_is_not_declared_is_told_with_those_that_are() -> None:
    with pytest.raises(LinkError, match=r"link\('shelf'\) is not declared: .*here: shop\)"):
        peers_of(1).resolve("shelf")


async def test_a_peer_that_does_not_listen_is_tried_until_the_timeout() -> None:
    port = free_port()
    peers = peers_of(port, timeout=0.15)
    for _ in range(2):
        with pytest.raises(NotDelivered, match=r"shop\.add: .* within 0\.1\d* s: .*Errno 111"):
            await peers.resolve("shop")("add", {"a": 1, "b": 1})
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:  # nothing goes on trying
        await asyncio.wait(others, timeout=5)
        assert all(task.cancelled() for task in others)
    peers.close()


async def test_a_call_waits_for_a_peer_that_is_being_started() -> None:
    port = free_port()
    peers = peers_of(port)
    call = asyncio.create_task(peers.resolve("shop")("add", {"a": 1, "b": 1}))
    await asyncio.sleep(0)
    server, _ = await Shop().listen(port)
    assert await call == 2
    peers.close()
    server.close()


async def test_a_lost_connection_is_opened_again() -> None:
    shop = Shop()
    server, port = await shop.listen()
    peers = peers_of(port)
    call = peers.resolve("shop")
    hanging = asyncio.create_task(call("hang", {}))
    await shop.begun.wait()
    shop.connections[0].abort()
    with pytest.raises(MayHaveRun):
        await hanging
    assert await call("add", {"a": 1, "b": 2}) == 3
    assert len(shop.connections) == 2
    peers.close()
    server.close()


async def test_one_call_that_gives_up_does_not_disturb_others_that_wait() -> None:
    port = free_port()
    peers = peers_of(port)
    call = peers.resolve("shop")
    first = asyncio.create_task(call("add", {"a": 1, "b": 1}))
    second = asyncio.create_task(call("add", {"a": 2, "b": 2}))
    await asyncio.sleep(0)
    first.cancel()
    server, _ = await Shop().listen(port)
    assert await second == 4
    with pytest.raises(asyncio.CancelledError):
        await first
    peers.close()
    server.close()


async def test_a_peer_that_goes_and_comes_again_is_seen_by_nobody() -> None:
    """Calls are made all the time, while the peer is replaced again and again."""
    shop = Shop()
    server, port = await shop.listen()
    peers = peers_of(port)
    call = peers.resolve("shop")
    going, made = True, 0

    async def use() -> None:
        nonlocal made
        while going:
            assert await call("add", {"a": made, "b": 1}) >= 1
            made += 1

    users = [asyncio.create_task(use()) for _ in range(10)]
    for _ in range(20):
        before = made
        while made < before + 30:  # noqa: ASYNC110 - the users tell nobody
            await asyncio.sleep(0)
        await shop._dispatcher.drain(5)
        server.close()
        await shop._dispatcher.close()
        shop = Shop()
        server, _ = await shop.listen(port)
    going = False
    await asyncio.gather(*users)
    peers.close()
    server.close()


async def test_a_service_calls_the_replicas_that_its_supervisor_names(
    start: Any, module: Any
) -> None:
    """At another address of the loopback device, and the same port."""
    loop = asyncio.get_running_loop()
    first, second = Shop(), Shop()
    server, port = await first.listen()
    other = await loop.create_server(second._connection, "127.0.0.2", port)
    text = """
from meshkernel import link, rpc
@rpc
async def sum(a: int) -> int: return await link("shop").add(a=a, b=1)
"""
    peer = {"addresses": ["127.0.0.1"], "port": port, "timeout": 5.0}
    service = await start(module=module("chooser", text), peers={"shop": peer})
    _, caller = await loop.create_connection(
        lambda: CallerConnection("test", "s"), "127.0.0.1", (await service.receive())["port"]
    )
    await caller.greeted()
    assert await caller.call("sum", {"a": 1}, 5) == 2
    assert (len(first.connections), len(second.connections)) == (1, 0)
    service.send(type="replicas", peers={"shop": ["127.0.0.2"], "nobody": ["127.0.0.3"]})
    service.send(type="ping", id=1)
    assert await service.receive() == {"type": "pong", "id": 1}
    assert await caller.call("sum", {"a": 2}, 5) == 3
    assert (len(first.connections), len(second.connections)) == (1, 1)
    caller.close()
    server.close()
    other.close()
