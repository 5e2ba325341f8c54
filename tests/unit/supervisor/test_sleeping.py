"""Services that sleep: on machines and a network of the test's own."""

from __future__ import annotations

import asyncio
import time

import pytest

from meshkernel.errors import SupervisorError
from meshkernel.supervisor import runner
from meshkernel.supervisor.state import State

from .fakes import FakeHost, ask, ends, fails, mute, ready

TOPOLOGY = """
[mesh]
name = "sleepers"
[services.front]
module = "front"
[services.middle]
module = "middle"
sleep = "30s"
[services.back]
module = "back"
sleep = "5m"
[[links]]
from = "front"
to = "middle"
[[links]]
from = "middle"
to = "back"
"""


async def reached(server, name, *states):
    async with asyncio.timeout(10):
        await server.mesh.runners[name].reached(*states)


async def told(server, *command):
    """The switch is told so."""
    async with asyncio.timeout(10):
        while command not in server.network.commands:  # noqa: ASYNC110 - the fake tells nobody
            await asyncio.sleep(0)


def asked(machine):
    return [message for message in machine.sent if message["type"] != "ping"]


async def wake(server, name):
    """Somebody calls, and the machine becomes ready."""
    server.network.on_summon(name)
    machine = await server.host.arrival(name)
    await reached(server, name, State.RUNNING)
    return machine


async def falling_asleep(serve):
    """A mesh whose service back has said that it stops, but has not; and its machine."""
    host = FakeHost()
    host.unstoppable.add("back")
    server = await serve(host)
    machine = await wake(server, "back")
    machine.on_message({"type": "idle"})
    await reached(server, "back", State.STOPPING)
    return server, machine


async def test_a_mesh_is_up_when_its_sleepers_sleep(serve):
    server = await serve()
    assert server.host.started == ["front"]
    assert {row.service: row.state for row in server.mesh.rows()} == {
        "back": "asleep",
        "middle": "asleep",
        "front": "running",
    }
    assert server.network.held == {"back", "middle"}


async def test_who_calls_a_sleeper_starts_it_and_is_let_in_when_it_is_ready(serve):
    server = await serve(FakeHost({"middle": [mute]}))
    before = time.time()
    server.network.on_summon("middle")
    machine = await server.host.arrival("middle")
    await asyncio.sleep(0)
    assert "middle" in server.network.held
    machine.ready("echo")
    await reached(server, "middle", State.RUNNING)
    await told(server, "release", "middle")
    assert server.host.started == ["front", "middle"]
    (row,) = [row for row in await ask(server, "ps") if row["service"] == "middle"]
    assert row["summons"] == 1
    assert before <= row["woken"] <= time.time()
    assert "somebody calls: the machine is started" in server.logs.last(["middle"])[0].text


async def test_a_service_that_nobody_uses_sleeps_and_wakes_again(serve):
    server = await serve()
    for summons in (1, 2):
        machine = await wake(server, "back")
        machine.on_message({"type": "idle"})
        await reached(server, "back", State.ASLEEP)
        assert asked(machine) == [{"type": "sleep", "grace": 5.0}]
        assert ("sleep", "back", 7000) in server.network.commands
        assert "back" in server.network.held
        assert server.mesh.runners["back"].sleep.summons == summons
        assert server.mesh.runners["back"].reason is None
    assert server.mesh.runners["back"].restarts == 0
    assert not server.folder.crashes.exists()


async def test_what_the_switch_sees_in_use_is_not_asked(serve):
    server = await serve()
    machine = await wake(server, "back")
    server.network.used.add("back")
    machine.on_message({"type": "idle"})
    await told(server, "release", "back")
    await told(server, "sleep", "back", 7000)
    server.network.used.clear()
    assert asked(machine) == []
    machine.on_message({"type": "idle"})  # said again later
    await reached(server, "back", State.ASLEEP)


async def test_a_service_that_is_busy_after_all_goes_on_and_lets_callers_in(serve):
    server = await serve()
    machine = await wake(server, "back")
    await told(server, "release", "back")
    server.network.commands.clear()
    machine.busy = True
    machine.on_message({"type": "idle"})
    await told(server, "release", "back")
    assert server.mesh.runners["back"].state is State.RUNNING
    assert "back" not in server.network.held
    machine.busy = False
    machine.on_message({"type": "idle"})
    await reached(server, "back", State.ASLEEP)


async def test_who_calls_while_a_service_falls_asleep_wakes_it(serve):
    server, machine = await falling_asleep(serve)
    server.network.on_summon("back")
    machine.end("ended with status 0")
    await server.host.arrival("back")
    await reached(server, "back", State.RUNNING)
    assert server.mesh.runners["back"].sleep.summons == 2


async def test_who_calls_before_the_mesh_is_up_is_not_forgotten(serve, tmp_path):
    server = await serve()
    runner = server.mesh.runners["back"]
    await runner.stop()
    runner.sleep.wanted = True
    runner.doze()
    await server.host.arrival("back")
    await reached(server, "back", State.RUNNING)


async def test_a_service_that_does_not_end_after_it_said_so_is_ended(serve, monkeypatch):
    monkeypatch.setattr(runner, "SLEEP_GRACE", 0.01)
    host = FakeHost()
    host.unstoppable.add("back")
    server = await serve(host)
    machine = await wake(server, "back")
    machine.on_message({"type": "idle"})
    await reached(server, "back", State.ASLEEP)
    assert any("did not stop within 0.01 s" in line.text for line in server.logs.last(["back"]))


async def test_a_sleeper_that_does_not_come_up_fails_its_callers_and_says_why(serve):
    server = await serve(FakeHost({"back": [fails("ValueError: no shelf"), ready]}))
    server.network.on_summon("back")
    await reached(server, "back", State.FAILED)
    await told(server, "refuse", "back")
    (row,) = [row for row in await ask(server, "ps") if row["service"] == "back"]
    assert (row["state"], row["reason"]) == (
        "failed",
        "back failed to start: ValueError: no shelf",
    )
    assert "no shelf; not started again" in server.logs.last(["back"])[-1].text
    assert await ask(server, "heal") == ["back"]  # it sleeps again
    await reached(server, "back", State.ASLEEP)
    assert "back" in server.network.held
    await wake(server, "back")


async def test_a_machine_that_dies_is_started_again_while_callers_wait(serve):
    server = await serve()
    machine = await wake(server, "back")
    await told(server, "release", "back")
    server.network.commands.clear()
    machine.end("was ended by signal 11")
    await server.host.arrival("back")
    await told(server, "release", "back")
    assert [command for command in server.network.commands if command[1] == "back"] == [
        ("hold", "back"),
        ("release", "back"),
    ]
    assert server.mesh.runners["back"].restarts == 1


async def test_a_sleeper_that_ran_once_is_tried_again_when_it_does_not_come_up(serve):
    host = FakeHost({"back": [ready, ends("stopped"), ready]})
    server = await serve(host)
    machine = await wake(server, "back")
    machine.on_message({"type": "idle"})
    await reached(server, "back", State.ASLEEP)
    server.network.on_summon("back")
    await host.arrival("back")
    await host.arrival("back")
    await reached(server, "back", State.RUNNING)
    assert server.mesh.runners["back"].restarts == 1


async def test_stop_start_and_restart_of_a_sleeper(serve):
    server = await serve()
    assert await ask(server, "stop", service="back") == ["back"]
    await told(server, "refuse", "back")
    server.network.on_summon("back")
    assert server.mesh.runners["back"].state is State.STOPPED
    assert await ask(server, "start", service="back") == ["back"]
    assert server.mesh.runners["back"].state is State.RUNNING
    assert await ask(server, "restart", service="back") == ["back"]
    assert server.mesh.runners["back"].state is State.RUNNING
    assert server.mesh.runners["back"].sleep.summons == 0
    assert await ask(server, "start") == ["back", "middle", "front"]
    assert server.mesh.runners["middle"].state is State.ASLEEP
    assert server.host.started == ["front", "back", "back"]


async def test_a_start_by_name_of_one_that_falls_asleep_wakes_it_again(serve):
    server, machine = await falling_asleep(serve)
    starting = asyncio.create_task(server.mesh.start_services(["back"]))
    await asyncio.sleep(0)
    machine.end("ended with status 0")
    async with asyncio.timeout(10):
        await starting
    assert server.mesh.runners["back"].state is State.RUNNING


async def test_who_looks_into_a_service_keeps_it_awake(serve):
    server = await serve()
    machine = await wake(server, "back")
    with server.mesh.runners["back"].attended():
        assert not await server.mesh.runners["back"].fall_asleep()
    assert await server.mesh.runners["back"].fall_asleep()
    await reached(server, "back", State.ASLEEP)
    assert asked(machine) == [{"type": "sleep", "grace": 5.0}]
    with pytest.raises(SupervisorError, match="asleep; `meshkernel start back` wakes it"):
        await ask(server, "shell", service="back")


async def test_a_service_that_does_not_sleep_is_not_put_to_sleep(serve):
    server = await serve()
    front = server.mesh.runners["front"]
    assert not await front.fall_asleep()
    server.host.machines[0].on_message({"type": "idle"})
    front.wake()
    assert front.state is State.RUNNING


async def test_down_while_a_service_falls_asleep(serve):
    server, machine = await falling_asleep(serve)
    server.network.on_summon("back")
    stopping = asyncio.create_task(server.mesh.stop(5))
    await asyncio.sleep(0.01)
    machine.end("ended with status 0")
    async with asyncio.timeout(10):
        await stopping
    assert {row.state for row in server.mesh.rows()} == {"stopped"}
    assert server.host.machines == []
