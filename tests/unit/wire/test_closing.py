"""A callee that goes: every call is answered, or was not delivered and is made again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgpack
import pytest

from meshkernel.errors import NotDelivered
from meshkernel.guest.configuration import Configuration
from meshkernel.guest.peers import Peers
from meshkernel.wire import frames
from meshkernel.wire.caller import CallerConnection
from meshkernel.wire.faults import Closing
from meshkernel.wire.frames import CALL, CLOSING, ERROR, HELLO, RESULT
from meshkernel.wire.server import Dispatcher, serving

HELLO_PAYLOAD = msgpack.packb({"version": frames.VERSION, "from": "raw"})
WAIT = msgpack.packb({"method": "wait", "arguments": {}, "deadline": None})


async def until(reached: Callable[[], bool]) -> None:
    while not reached():  # noqa: ASYNC110 - a connection tells nobody but its calls
        await asyncio.sleep(0)


class Shop:
    """A callee whose calls end when they are told to."""

    def __init__(self) -> None:
        self.begun, self.release = asyncio.Event(), asyncio.Event()

        async def wait() -> str:
            self.begun.set()
            await self.release.wait()
            return "done"

        self.dispatcher = Dispatcher("shop", {"wait": wait})

    async def listen(self, cleanup: Any) -> int:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(serving(self.dispatcher), "127.0.0.1", 0)
        cleanup.callback(server.close)
        cleanup.push_async_callback(self.dispatcher.close)
        return server.sockets[0].getsockname()[1]


async def test_calls_that_run_are_answered_and_then_the_caller_ends_the_connection(
    cleanup: Any, dial: Any
) -> None:
    shop = Shop()
    caller = await dial(await shop.listen(cleanup))
    await caller.greeted()
    running = asyncio.create_task(caller.call("wait", {}, 10))
    await shop.begun.wait()
    draining = asyncio.create_task(shop.dispatcher.drain(10))
    await until(lambda: caller.closing)
    assert not caller.usable
    with pytest.raises(Closing, match="shop is stopping"):
        await caller.call("wait", {}, 10)
    assert not (caller.lost or running.done() or draining.done())
    shop.release.set()
    assert await running == "done"
    async with asyncio.timeout(10):
        await draining
    assert shop.dispatcher.connections == set()


async def test_a_caller_that_rests_ends_its_connection_at_once(cleanup: Any, dial: Any) -> None:
    shop = Shop()
    caller = await dial(await shop.listen(cleanup))
    await caller.greeted()
    async with asyncio.timeout(10):
        await shop.dispatcher.drain(10)
        await until(lambda: caller.lost)


async def test_a_call_that_crosses_the_news_is_known_not_to_have_run(
    cleanup: Any, raw: Any
) -> None:
    shop = Shop()
    caller = await raw(await shop.listen(cleanup))
    caller.send(0, HELLO, HELLO_PAYLOAD)
    assert (await caller.receive())[1] == HELLO
    shop.dispatcher.refuse()
    caller.send(1, CALL, WAIT)
    assert (await caller.receive())[:2] == (0, CLOSING)
    identifier, kind, payload = await caller.receive()
    assert (identifier, kind, msgpack.unpackb(payload)["kind"]) == (1, ERROR, "closing")
    assert not shop.begun.is_set()


async def test_who_connects_while_the_callee_stops_is_not_let_in(cleanup: Any, dial: Any) -> None:
    shop = Shop()
    port = await shop.listen(cleanup)
    shop.dispatcher.refuse()
    caller = await dial(port)
    with pytest.raises(ConnectionError, match="shop has closed the connection"):
        await caller.greeted()


async def test_a_caller_that_does_not_leave_holds_up_nothing_for_long(
    cleanup: Any, raw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("meshkernel.wire.server.LEAVE", 0.05)
    shop = Shop()
    caller = await raw(await shop.listen(cleanup))
    caller.send(0, HELLO, HELLO_PAYLOAD)
    await caller.receive()
    async with asyncio.timeout(5):
        await shop.dispatcher.drain(60)
        assert len(shop.dispatcher.connections) == 1
        await shop.dispatcher.close()
        assert await caller.receive() == (0, CLOSING, msgpack.packb(None))
        assert await caller.reader.read() == b""


class Rude(asyncio.Protocol):
    """Closes what it is sent, but for the last one; says hello to none before that."""

    def __init__(self, refusals: list[int]) -> None:
        self._refusals = refusals

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._refusals:
            self._refusals.pop()
            self._transport.abort()
            return
        for identifier, kind, _ in frames.FrameParser().feed(data):
            answer = (HELLO, HELLO_PAYLOAD) if kind == HELLO else (RESULT, msgpack.packb("served"))
            self._transport.write(frames.encode(identifier, *answer))


async def test_what_is_lost_before_the_hello_was_no_call(cleanup: Any) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Rude([1]), "127.0.0.1", 0)
    cleanup.callback(server.close)
    port = server.sockets[0].getsockname()[1]
    _, caller = await loop.create_connection(
        lambda: CallerConnection("t", "shop"), "127.0.0.1", port
    )
    with pytest.raises(ConnectionError):
        await caller.greeted()
    with pytest.raises(Closing, match="lost before the call was sent"):
        await caller.call("wait", {}, 1)


async def test_a_link_goes_on_until_a_connection_stands() -> None:

    refusals = [1, 2, 3]
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Rude(refusals), "127.0.0.1", 0)
    peer = {"addresses": ["127.0.0.1"], "port": server.sockets[0].getsockname()[1], "timeout": 10.0}
    values = {"mesh": "m", "service": "s", "port": 0, "peers": {"shop": peer}}
    peers = Peers(Configuration(values))
    assert await peers.resolve("shop")("wait", {}) == "served"
    assert refusals == []
    peers.close()
    server.close()


async def test_another_version_is_not_tried_again(cleanup: Any, dial: Any) -> None:
    class Other(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            hello = msgpack.packb({"version": 99, "from": "shop"})
            transport.write(frames.encode(0, HELLO, hello))

    server = await asyncio.get_running_loop().create_server(Other, "127.0.0.1", 0)
    cleanup.callback(server.close)
    caller = await dial(server.sockets[0].getsockname()[1])
    with pytest.raises(NotDelivered, match="another version of the protocol"):
        await caller.greeted()
