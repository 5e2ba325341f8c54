"""A service that hangs is noticed, and its machine is ended."""

from __future__ import annotations

import asyncio

import pytest

from meshkernel.errors import MachineError
from meshkernel.supervisor import watching
from meshkernel.supervisor.state import State

from .fakes import FakeHost, mute, ready


async def test_a_service_that_hangs_is_ended_and_started_again(started, monkeypatch):
    monkeypatch.setattr(watching, "PING_EVERY", 0.01)
    monkeypatch.setattr(watching, "SILENT_AFTER", 0.2)
    host = FakeHost()
    cart = started(host)
    await cart.start()
    machine = await host.arrival("cart")
    machine.answers_pings = False
    await host.arrival("cart")
    assert cart.reason == "cart did not answer for 0.2 s"
    assert {"type": "ping", "id": 1} in machine.sent


async def test_a_service_that_is_never_ready_is_given_up(started, monkeypatch):
    monkeypatch.setattr(watching, "START_TIMEOUT", 0.01)
    cart = started(FakeHost({"cart": [mute]}))
    with pytest.raises(MachineError, match=r"cart was not ready within 0\.01 s"):
        await cart.start()


async def test_a_machine_that_takes_no_pings_hangs(started, monkeypatch):
    monkeypatch.setattr(watching, "PING_EVERY", 0.01)
    monkeypatch.setattr(watching, "SILENT_AFTER", 0.05)

    def deaf(machine):
        ready(machine)
        machine.reads = False

    host = FakeHost({"cart": [deaf, ready]})
    cart = started(host)
    await cart.start()
    async with asyncio.timeout(5):
        await cart.reached(State.RESTARTING)
    assert "did not answer" in cart.reason


async def test_a_service_with_an_excuse_need_not_answer(started, monkeypatch):
    monkeypatch.setattr(watching, "PING_EVERY", 0.01)
    monkeypatch.setattr(watching, "SILENT_AFTER", 0.05)
    host = FakeHost()
    cart = started(host)
    await cart.start()
    machine = await host.arrival("cart")
    machine.answers_pings = False
    cart.watch.excuse(1)
    async with asyncio.timeout(10):
        while await machine.pings.get() < 20:
            pass
    assert cart.state is State.RUNNING
    cart.watch.excuse(-1)
    async with asyncio.timeout(5):
        await cart.reached(State.RESTARTING)
