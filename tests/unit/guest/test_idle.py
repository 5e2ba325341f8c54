"""A service that sleeps: it says when nobody uses it, and stops only if that is still so."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest
from test_web import APPLICATION, free_port

from meshkernel.guest.idle import Idleness
from meshkernel.wire.caller import CallerConnection

SLEEP = 0.05

SERVICE = """
import asyncio
from meshkernel import on_stop, rpc
begun, release, told = asyncio.Event(), asyncio.Event(), []
@rpc
async def wait() -> str:
    begun.set()
    await release.wait()
    return "done"
@on_stop
def last(): told.append("last")
"""

EVERY = """
from meshkernel import every
@every("1h")
def tidy() -> None: ...
"""


async def dial(port: int) -> CallerConnection:
    _, caller = await asyncio.get_running_loop().create_connection(
        lambda: CallerConnection("test", "s"), "127.0.0.1", port
    )
    await caller.greeted()
    return caller


async def test_a_service_that_nobody_calls_says_so_and_may_sleep(start: Any, module: Any) -> None:
    service = await start(module=module("resting", SERVICE), sleep=SLEEP)
    caller = await dial((await service.receive())["port"])
    assert await service.receive() == {"type": "idle"}
    assert await service.receive() == {"type": "idle"}  # nobody has answered
    service.send(type="sleep", grace=5)
    await asyncio.wait_for(service.task, 10)
    while (message := await service.receive()) == {"type": "idle"}:
        pass
    assert message == {"type": "sleeping"}
    assert await service.receive() == {"type": "stopped"}
    assert sys.modules["resting"].told == ["last"]
    assert caller.closing


async def test_a_call_keeps_a_service_awake(start: Any, module: Any) -> None:
    service = await start(module=module("called", SERVICE), sleep=SLEEP)
    caller = await dial((await service.receive())["port"])
    call = asyncio.create_task(caller.call("wait", {}, 30))
    await sys.modules["called"].begun.wait()
    service.send(type="sleep", grace=5)  # as if it had said that it is idle just before
    while (message := await service.receive()) == {"type": "idle"}:
        pass
    assert message == {"type": "busy"}
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(service.receive(), 4 * SLEEP)
    sys.modules["called"].release.set()
    assert await call == "done"
    assert await service.receive() == {"type": "idle"}
    assert caller.usable


async def test_a_service_with_a_schedule_never_sleeps(start: Any, module: Any) -> None:
    service = await start(module=module("scheduled", EVERY), sleep=SLEEP)
    assert (await service.receive())["type"] == "ready"
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(service.receive(), 4 * SLEEP)
    service.send(type="sleep", grace=5)
    assert await service.receive() == {"type": "busy"}


async def test_a_connection_to_an_application_keeps_it_awake(start: Any, module: Any) -> None:
    name, port = module("webbed", APPLICATION), free_port()
    service = await start(asgi=f"{name}:app", http_port=port, sleep=SLEEP)
    assert (await service.receive())["type"] == "ready"
    assert await service.receive() == {"type": "idle"}
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /?name=you HTTP/1.1\r\nHost: x\r\n")  # and no more
    with pytest.raises(TimeoutError):
        while True:
            await asyncio.wait_for(service.receive(), 4 * SLEEP)
    service.send(type="sleep", grace=5)
    assert await service.receive() == {"type": "busy"}
    writer.close()
    assert await service.receive() == {"type": "idle"}


class Use:
    busy, used = False, 0.0


async def test_the_time_counts_from_the_last_use() -> None:
    told = asyncio.Event()
    loop, use = asyncio.get_running_loop(), Use()
    begun = loop.time()
    idleness = Idleness([use], 0.1, told.set)
    use.used = begun + 0.05
    async with asyncio.timeout(5):
        await told.wait()
    assert loop.time() >= begun + 0.15
    assert idleness.left == 0
    use.busy = True
    assert idleness.left == 0.1
    idleness.stop()
