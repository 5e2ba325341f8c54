"""Injected faults, the capture, and commands that cannot be carried out."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

import pytest

from meshkernel.errors import SupervisorError
from meshkernel.network.switch import Switch

from .conftest import ADDRESS, Attach, until
from .frames import SYN, SYN_ACK, Machine, tcp, udp

A, B = ADDRESS["a"], ADDRESS["b"]
ONE, TWO = tcp(A, B, (4000, 7000), SYN), tcp(A, B, (4001, 7000), SYN)
ANSWER = tcp(B, A, (7000, 4000), SYN_ACK)


@pytest.fixture
async def a(switch: Switch, attach: Attach) -> Machine:
    return await attach(switch, "a")


@pytest.fixture
async def b(switch: Switch, attach: Attach) -> Machine:
    return await attach(switch, "b")


async def test_a_delay_holds_one_direction_back(switch: Switch, a: Machine, b: Machine) -> None:
    clock = asyncio.get_running_loop().time
    await switch.delay("a", "b", 0.2)
    sent = clock()
    await a.send(ONE)
    await b.receives(ONE)
    assert clock() - sent >= 0.19
    sent = clock()
    await b.send(ANSWER)
    await a.receives(ANSWER)
    assert clock() - sent < 0.19


async def test_healing_lets_held_frames_go_in_order(switch: Switch, a: Machine, b: Machine) -> None:
    await switch.delay("a", "b", 3600)
    await a.send(ONE)
    await until(switch, lambda counters: counters.ports["a"].sent.frames == 1)
    await switch.heal()
    await a.send(TWO)
    await b.receives(ONE, TWO)


async def test_a_partition_and_its_end(switch: Switch, a: Machine, b: Machine) -> None:
    await a.send(ONE)
    await b.receives(ONE)
    await switch.partition("a", "b")
    await a.send(ONE)
    await b.send(ANSWER)
    await until(switch, lambda counters: counters.ports["b"].drops == {"partitioned": 1})
    await switch.heal()
    await a.send(TWO)
    await b.receives(TWO)
    assert (await switch.counters()).ports["a"].drops == {"partitioned": 1}


async def test_loss(switch: Switch, a: Machine, b: Machine) -> None:
    await switch.drop("a", "b", 50)
    await a.send(*[ONE] * 1000)
    counters = await until(switch, lambda counters: counters.ports["a"].sent.frames == 1000)
    lost = counters.ports["a"].drops["fault-injected"]
    assert 400 < lost < 600
    await b.receives(*[ONE] * (1000 - lost))
    await switch.drop("a", "b", 0)
    await a.send(TWO)
    await b.receives(TWO)


async def test_the_capture_has_what_was_delivered(
    switch: Switch, a: Machine, b: Machine, tmp_path: Path
) -> None:
    path = tmp_path / "a capture.pcap"
    await switch.pcap(path)
    await a.send(ONE, tcp(A, ADDRESS["c"], (1, 2), SYN), TWO)
    await b.receives(ONE, TWO)
    await switch.pcap(None)
    await a.send(udp(A, B, (1, 2)))
    await b.receives(udp(A, B, (1, 2)))
    data = path.read_bytes()
    assert struct.unpack("<IHHIIII", data[:24])[::6] == (0xA1B23C4D, 1)
    frames, at = [], 24
    while at < len(data):
        _seconds, nanoseconds, size, whole = struct.unpack("<IIII", data[at : at + 16])
        assert size == whole
        assert nanoseconds < 10**9
        frames.append(data[at + 16 : at + 16 + size])
        at += 16 + size
    assert frames == [ONE, TWO]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("delay", "a", "nobody", 5), "no such pair"),
        (("delay", "a", "b", -1), "milliseconds"),
        (("drop", "a", "b", 101), "percentage"),
        (("partition", "a", "a"), "no such pair"),
        (("partition", "a"), "number of words"),
        (("attach", "a"), "no socket"),
        (("pcap", "/nonexistent/x"), "No such file"),
        (("frobnicate",), "no such command"),
        (("x" * 9000,), "too long"),
    ],
)
async def test_a_refused_command_says_why(
    switch: Switch, words: tuple[object, ...], why: str
) -> None:
    with pytest.raises(SupervisorError, match=why):
        await switch._control.command(*words)
    await switch.counters()


async def test_a_port_and_a_link_that_come_later(switch: Switch, a: Machine) -> None:
    await switch._control.command("port", "late", "10.9.0.50")
    await switch._control.command("link", "a", "late")
    late = await Machine("10.9.0.50").join(await switch.attach("late"))
    hello = tcp(A, "10.9.0.50", (4000, 7000), SYN)
    await a.send(hello)
    await late.receives(hello)
    late.close()


async def test_attaching_to_no_port_closes_the_end(switch: Switch) -> None:
    with pytest.raises(SupervisorError, match="no such port"):
        await switch.attach("nobody")
    await switch.attach("a")
