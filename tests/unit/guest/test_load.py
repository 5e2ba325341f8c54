"""A replica says how busy it is, while it is, and is silent otherwise."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from test_web import APPLICATION, free_port, get

from meshkernel.guest.load import LoadMeter
from meshkernel.wire.caller import CallerConnection

EVERY = 0.05

SERVICE = """
import asyncio
from meshkernel import rpc
called, release = asyncio.Event(), asyncio.Event()
@rpc
async def wait() -> None:
    called.set()
    await release.wait()
@rpc
async def go_on() -> None: release.set()
"""

LIFESPAN = """
async def app(scope, receive, send):
    await receive()
    await called.wait()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
"""


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[tuple[float, Any]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, function: Any) -> asyncio.TimerHandle:
        self.timers.append((self.now + delay, function))
        return asyncio.TimerHandle(self.now + delay, function, (), asyncio.get_event_loop())

    def passes(self, seconds: float) -> None:
        until = self.now + seconds
        while self.timers and self.timers[0][0] <= until:
            self.now, function = self.timers.pop(0)
            function()
        self.now = until


@pytest.fixture
async def measured(monkeypatch: pytest.MonkeyPatch) -> tuple[LoadMeter, Clock, list[float]]:
    """A meter that reports every second, its clock, and its reports."""
    clock, told = Clock(), []
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: clock)
    return LoadMeter(1.0, told.append), clock, told


async def test_reports_are_averages(measured: tuple[LoadMeter, Clock, list[float]]) -> None:
    meter, clock, told = measured
    meter.count(1)
    clock.passes(0.5)
    meter.count(1)
    clock.passes(0.5)
    assert told == [1.5]
    clock.passes(2.0)
    assert told == [1.5, 2.0, 2.0]


async def test_behind_the_last_call_is_a_last_report(
    measured: tuple[LoadMeter, Clock, list[float]],
) -> None:
    meter, clock, told = measured
    meter.count(1)
    clock.passes(0.25)
    meter.count(-1)
    clock.passes(100.0)
    assert told == [0.25, 0.0]
    assert clock.timers == []
    meter.count(1)
    clock.passes(1.0)
    assert told == [0.25, 0.0, 1.0]


async def reports(service: Any) -> list[float]:
    """Up to the last one, of no calls."""
    found = [1.0]
    while found[-1]:
        message = await service.receive()
        assert message["type"] == "load"
        found.append(message["calls"])
    return found[1:]


async def test_a_service_tells_of_its_calls(start: Any, module: Any) -> None:
    service = await start(module=module("loaded", SERVICE), load=EVERY)
    port = (await service.receive())["port"]
    _, caller = await asyncio.get_running_loop().create_connection(
        lambda: CallerConnection("test", "s"), "127.0.0.1", port
    )
    await caller.greeted()
    waiting = [asyncio.create_task(caller.call("wait", {}, 10)) for _ in range(3)]
    told = [await service.receive() for _ in range(2)]
    assert told[1] == {"type": "load", "calls": 3.0}
    await caller.call("go_on", {}, 10)
    await asyncio.gather(*waiting)
    assert max(await reports(service)) <= 4
    caller.close()


async def test_a_service_tells_of_its_requests(start: Any, module: Any) -> None:
    port = free_port()
    name = module("loaded_web", APPLICATION)
    service = await start(asgi=f"{name}:app", http_port=port, load=EVERY)
    await service.receive()
    status, _, body = await get(port, "/?name=ada")
    assert (status, body) == ("HTTP/1.1 200 OK", "hello ada")
    first, *_, last = await reports(service)
    assert 0 < first < 1
    assert last == 0


async def test_a_call_that_begins_before_the_application_is_ready_is_counted_whole(
    start: Any, module: Any
) -> None:
    port = free_port()
    name = module("loaded_early", SERVICE + LIFESPAN)
    service = await start(asgi=f"{name}:app", port=port, http_port=free_port(), load=EVERY)
    async with asyncio.timeout(10):
        caller = await listening(port)
        waiting = asyncio.create_task(caller.call("wait", {}, 10))
        while (message := await service.receive())["type"] != "ready":
            assert message["calls"] > 0
        await caller.call("go_on", {}, 10)
        await waiting
        assert min(await reports(service)) == 0
    caller.close()


async def listening(port: int) -> CallerConnection:
    """A connection, as soon as somebody listens."""
    loop = asyncio.get_running_loop()
    while True:
        with suppress(ConnectionRefusedError):
            _, caller = await loop.create_connection(
                lambda: CallerConnection("test", "s"), "127.0.0.1", port
            )
            return caller
        await asyncio.sleep(0)


async def test_a_service_of_which_nobody_wants_to_know_says_nothing(
    start: Any, module: Any
) -> None:
    service = await start(module=module("unloaded", SERVICE))
    port = (await service.receive())["port"]
    _, caller = await asyncio.get_running_loop().create_connection(
        lambda: CallerConnection("test", "s"), "127.0.0.1", port
    )
    await caller.greeted()
    await caller.call("go_on", {}, 10)
    service.send(type="ping", id=1)
    assert await service.receive() == {"type": "pong", "id": 1}
    caller.close()
