from __future__ import annotations

import asyncio
import time

import pytest

from meshkernel.errors import MachineError
from meshkernel.supervisor import backoff, runner
from meshkernel.supervisor.logbook import LogBook
from meshkernel.supervisor.runner import Runner
from meshkernel.supervisor.state import State

from .fakes import FakeHost, ends, fails, mute, ready


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(backoff, "FIRST", 0.01)
    monkeypatch.setattr(backoff, "LONGEST", 0.02)


@pytest.fixture
async def started(tmp_path):
    """Makes a runner on a host; stops it at the end."""
    made = []

    def make(host):
        logs = LogBook(tmp_path, ["cart"])
        states = []
        each = Runner("cart", host, logs, lambda it: states.append(it.state))
        each.states, each.logs = states, logs
        made.append(each)
        return each

    yield make
    for each in made:
        async with asyncio.timeout(10):
            await each.stop(0.01)
        each.logs.close()


async def test_ready_is_what_the_service_says(started):
    host = FakeHost({"cart": [mute]})
    cart = started(host)
    starting = asyncio.create_task(cart.start())
    machine = await host.arrival("cart")
    assert cart.state is State.STARTING
    assert not starting.done()
    machine.ready("add")
    async with asyncio.timeout(5):
        await starting
    assert (cart.state, cart.methods, cart.port) == (State.RUNNING, ("add",), 7000)
    assert cart.boot_ms is not None


async def test_a_service_that_cannot_start_says_why_and_is_not_started_again(started):
    host = FakeHost({"cart": [fails("ValueError: no shelf")]})
    cart = started(host)
    with pytest.raises(MachineError, match="cart failed to start: ValueError: no shelf"):
        await cart.start()
    assert cart.state is State.FAILED
    assert host.started == ["cart"]


async def test_a_machine_that_ends_early_is_explained(started):
    cart = started(FakeHost({"cart": [ends("ran out of its 64 MiB of memory")]}))
    with pytest.raises(MachineError, match="cart ran out of its 64 MiB of memory"):
        await cart.start()


async def test_a_machine_that_dies_is_started_again(started):
    host = FakeHost()
    cart = started(host)
    await cart.start()
    (await host.arrival("cart")).end("was ended by signal 11")
    await host.arrival("cart")
    async with asyncio.timeout(5):
        await cart.reached(State.RUNNING)
    assert (cart.restarts, cart.reason) == (1, "cart was ended by signal 11")
    assert State.RESTARTING in cart.states
    assert any("signal 11; started again in 0.01 s" in line.text for line in cart.logs.last())


async def test_a_restart_that_fails_is_tried_again_until_it_is_given_up(started, monkeypatch):
    monkeypatch.setattr(backoff, "ATTEMPTS", 3)
    host = FakeHost({"cart": [ready, ends("stopped")]})
    cart = started(host)
    await cart.start()
    cart.kill()
    async with asyncio.timeout(5):
        await cart.reached(State.FAILED)
    assert len(host.started) == 4
    host.scripts["cart"].append(ready)
    host.scripts["cart"].popleft()
    await cart.start()
    assert cart.state is State.RUNNING


async def test_stop_lets_the_service_stop(started):
    host = FakeHost()
    cart = started(host)
    await cart.start()
    machine = await host.arrival("cart")
    await cart.stop(3.0)
    assert machine.sent[-1] == {"type": "stop", "grace": 3.0}
    assert cart.state is State.STOPPED
    assert cart.states[-2:] == [State.STOPPING, State.STOPPED]
    assert (cart.pid, host.machines) == (None, [])


async def test_a_service_that_does_not_stop_is_ended(started):
    host = FakeHost()
    host.unstoppable.add("cart")
    cart = started(host)
    await cart.start()
    await cart.stop(0.01)
    assert cart.state is State.STOPPED
    assert "did not stop within 0.01 s" in cart.logs.last()[-1].text


async def test_stop_while_it_starts_and_while_it_waits(started, monkeypatch):
    monkeypatch.setattr(backoff, "FIRST", 1000.0)
    monkeypatch.setattr(backoff, "LONGEST", 1000.0)
    host = FakeHost({"cart": [mute, ready]})
    cart = started(host)
    starting = asyncio.create_task(cart.start())
    await host.arrival("cart")
    await cart.stop()
    with pytest.raises(MachineError, match="stopped while it started"):
        await starting
    await cart.start()
    cart.kill()
    await cart.reached(State.RESTARTING)
    async with asyncio.timeout(5):
        await cart.stop()
    assert cart.state is State.STOPPED


async def test_a_service_that_hangs_is_ended_and_started_again(started, monkeypatch):
    monkeypatch.setattr(runner, "PING_EVERY", 0.01)
    monkeypatch.setattr(runner, "SILENT_AFTER", 0.2)
    host = FakeHost()
    cart = started(host)
    await cart.start()
    machine = await host.arrival("cart")
    machine.answers_pings = False
    await host.arrival("cart")
    assert cart.reason == "cart did not answer for 0.2 s"
    assert {"type": "ping", "id": 1} in machine.sent


async def test_a_service_that_is_never_ready_is_given_up(started, monkeypatch):
    monkeypatch.setattr(runner, "START_TIMEOUT", 0.01)
    cart = started(FakeHost({"cart": [mute]}))
    with pytest.raises(MachineError, match=r"cart was not ready within 0\.01 s"):
        await cart.start()


async def test_console_and_log_records_become_lines(started):
    host = FakeHost()
    cart = started(host)
    await cart.start()
    machine = await host.arrival("cart")
    machine.on_console(b"half ")
    machine.on_console(b"a line\nno end")
    machine.on_message(
        {"type": "log", "level": "INFO", "logger": "shop", "message": "sold", "time": 1.0}
    )
    await cart.stop()
    said = [line.text for line in cart.logs.last()]
    assert said[0] == "INFO shop: sold"
    assert said[-2:] == ["half a line", "no end"]


@pytest.mark.parametrize(
    "message",
    [
        {"type": "ready", "methods": 5, "port": 7000},
        {"type": "ready", "methods": [b"\xff"], "port": 7000},
        {"type": "ready", "methods": [], "port": "seven"},
        {"type": "ready"},
        {},
    ],
)
async def test_a_message_that_makes_no_sense_is_told_and_changes_nothing(started, message):
    host = FakeHost({"cart": [mute]})
    cart = started(host)
    starting = asyncio.create_task(cart.start())
    machine = await host.arrival("cart")
    machine.on_message(message)
    assert cart.state is State.STARTING
    assert "a message is not understood" in cart.logs.last()[-1].text
    machine.ready("add")
    async with asyncio.timeout(5):
        await starting


@pytest.mark.parametrize("moment", [None, {}, "soon", 1e300, float("nan"), float("inf"), -1])
async def test_a_log_record_with_an_impossible_time_has_that_of_the_host(started, moment):
    host = FakeHost()
    cart = started(host)
    await cart.start()
    before = time.time()
    machine = await host.arrival("cart")
    machine.on_message({"type": "log", "message": "hello", "time": moment})
    line = cart.logs.last()[-1]
    assert line.text == "INFO root: hello"
    assert before <= line.time <= time.time()


async def test_a_fault_of_our_own_at_the_start_is_told_instead_of_waited_for(started):
    host = FakeHost()

    def launch(*_):
        raise KeyError("boot")

    cart = started(host)
    cart._launcher = type("Broken", (), {"launch": staticmethod(launch)})()
    with pytest.raises(MachineError, match="cart could not be run: KeyError: 'boot'"):
        async with asyncio.timeout(5):
            await cart.start()
    assert any("Traceback" in line.text for line in cart.logs.last())


async def test_a_machine_that_takes_no_pings_hangs(started, monkeypatch):
    monkeypatch.setattr(runner, "PING_EVERY", 0.01)
    monkeypatch.setattr(runner, "SILENT_AFTER", 0.05)

    def deaf(machine):
        ready(machine)
        machine.reads = False

    host = FakeHost({"cart": [deaf, ready]})
    cart = started(host)
    await cart.start()
    async with asyncio.timeout(5):
        await cart.reached(State.RESTARTING)
    assert "did not answer" in cart.reason
