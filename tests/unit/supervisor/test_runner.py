from __future__ import annotations

import asyncio

import pytest

from meshkernel.errors import MachineError
from meshkernel.supervisor import backoff
from meshkernel.supervisor.state import State

from .fakes import FakeHost, ends, fails, mute, needs_cold_image, ready


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


async def test_a_fault_of_our_own_at_the_start_is_told_instead_of_waited_for(started, monkeypatch):
    host = FakeHost()

    def launch(*_):
        raise KeyError("boot")

    cart = started(host)
    monkeypatch.setattr(host, "launch", launch)
    with pytest.raises(MachineError, match="cart could not be run: KeyError: 'boot'"):
        async with asyncio.timeout(5):
            await cart.start()
    assert any("Traceback" in line.text for line in cart.logs.last())


async def test_a_machine_that_cannot_go_on_from_its_seal_is_followed_by_a_cold_one(started):
    host = FakeHost({"cart": [needs_cold_image, ready]})
    host.cold = {"cart"}
    cart = started(host)
    async with asyncio.timeout(5):
        await cart.start()
    assert cart.state is State.RUNNING
    assert (host.started, cart.restarts, cart.reason) == (["cart", "cart"], 0, None)
    (said,) = [line.text for line in cart.logs.last() if "cold image is booted" in line.text]
    assert "needs its cold image here" in said
    assert cart.report is None


async def test_a_machine_that_dies_leaves_a_report(started):
    cart = started(FakeHost({"cart": [ends("stopped")]}))
    with pytest.raises(MachineError):
        await cart.start()
    assert "reason     cart stopped" in cart.report.read_text()
