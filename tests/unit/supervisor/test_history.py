"""What ``meshkernel events`` tells: of machines and a network of the test's own."""

from __future__ import annotations

import asyncio
import time

import pytest

from meshkernel.errors import MachineError
from meshkernel.supervisor import history
from meshkernel.supervisor.history import History, What
from meshkernel.supervisor.remote import Remote
from meshkernel.supervisor.state import State

from .fakes import FakeHost, ask, ends, fails, ready

TOPOLOGY = """
[mesh]
name = "chain"
[services.front]
module = "front"
[services.middle]
module = "middle"
replicas = { min = 1, max = 3, cooldown = "1h" }
[services.back]
module = "back"
sleep = "5m"
"""


def of(server, name):
    """What has happened to a replica, or to a service as a whole."""
    found = server.mesh.history.last([name])
    return [(str(each.event), each.detail) for each in found]


def events(server, name):
    return [event for event, _ in of(server, name)]


async def reached(server, name, *states):
    async with asyncio.timeout(10):
        await server.mesh.runners[name].reached(*states)


async def test_a_start_and_a_stop(serve):
    server = await serve()
    (first, second) = of(server, "front")
    assert first == ("starting", "")
    assert second == ("ready", f"in {server.mesh.runners['front'].boot_ms} ms")
    await ask(server, "restart", service="front")
    assert events(server, "front")[2:] == ["stopping", "stopped", "starting", "ready"]


async def test_a_crash_says_why_and_what_comes_of_it(serve):
    server = await serve(FakeHost({"front": [ready, ready, fails("no disk")]}))
    server.mesh.runners["front"].kill()
    await reached(server, "front", State.STARTING)
    await reached(server, "front", State.RUNNING)
    (crashed, restarting) = of(server, "front")[2:4]
    assert crashed == ("crashed", "front was killed")
    assert restarting == ("restarting", "in 0.01 s")
    assert events(server, "front")[4:] == ["starting", "ready"]


async def test_a_service_that_never_was_ready_has_failed(serve):
    host = FakeHost({"back": [fails("no disk")]})
    server = await serve(host)
    with pytest.raises(MachineError):
        await server.mesh.start_services(["back"])
    assert of(server, "back")[-1] == ("failed", "back failed to start: no disk")
    assert "crashed" not in events(server, "back")


async def test_sleep_and_summons(serve):
    server = await serve()
    server.network.on_summon("back")
    await reached(server, "back", State.RUNNING)
    (machine,) = [each for each in server.host.machines if each.service == "back"]
    machine.on_message({"type": "idle"})
    await reached(server, "back", State.ASLEEP)
    assert events(server, "back") == [
        "sleeping", "summoned", "starting", "ready", "stopping", "sleeping",
    ]  # fmt: skip


async def test_a_warm_image_that_is_of_no_use(serve):
    host = FakeHost({"front": [ends("is of another processor"), ready]})
    host.cold.add("front")
    server = await serve(host)
    assert of(server, "front")[1] == ("cold", "front is of another processor")


async def test_scaling_happens_to_the_service(serve):
    server = await serve()
    await ask(server, "scale", service="middle", count=2)
    scaled = [each for each in server.mesh.history.last() if each.event is What.SCALED]
    assert [(each.service, each.replica, each.detail) for each in scaled] == [
        ("middle", "", "from 1 to 2 replicas")
    ]
    assert {each.replica for each in server.mesh.history.last(["middle"])} == {
        "", "middle-1", "middle-2",
    }  # fmt: skip
    assert events(server, "middle-2") == ["starting", "ready"]
    await ask(server, "scale", service="middle", count=2)
    assert len(events(server, "middle-2")) == 2
    assert len([each for each in server.mesh.history.last() if each.event is What.SCALED]) == 1


async def test_nothing_happens_to_what_never_ran(serve):
    server = await serve()
    await server.mesh.stop()
    assert events(server, "middle-3") == []
    assert events(server, "middle-1")[-1] == "stopped"


def test_the_oldest_is_forgotten(monkeypatch):
    monkeypatch.setattr(history, "KEPT", 3)
    kept = History()
    for name in "abcde":
        kept.add(What.READY, replica=name)
    assert [each.replica for each in kept.last()] == ["c", "d", "e"]


def test_since():
    kept = History()
    kept.add(What.STARTING, service="cart", replica="cart")
    assert len(kept.last(since=time.time() - 60)) == 1
    assert kept.last(since=time.time() + 60) == []


@pytest.mark.parametrize(("command", "last"), [("events", "stopped"), ("logs", "bye")])
async def test_who_follows_hears_of_the_end(serve, command, last):
    server = await serve()
    following = asyncio.Event()
    loop = asyncio.get_running_loop()

    def read():
        seen = []
        with Remote.connect(server.folder) as remote:
            for line in remote.lines(command, services=["front"], follow=True):
                seen.append(line.get("event") or line["text"])
                loop.call_soon_threadsafe(following.set)
        return seen

    reading = asyncio.create_task(asyncio.to_thread(read))
    async with asyncio.timeout(10):
        await following.wait()
        (machine,) = [each for each in server.host.machines if each.service == "front"]
        stopping = asyncio.create_task(server.mesh.stop())
        await machine.stop_asked.wait()
        machine.on_console(b"bye\n")
        await stopping
        seen = await reading
    assert seen[-1] == last
