"""A machine's life: messages, console, and each way to end."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from specs import launcher, spec

from meshkernel.errors import MachineError
from meshkernel.machine.arguments import Descriptors, MachineSpec, arguments
from meshkernel.machine.machine import Machine
from meshkernel.machine.outcome import MachineExit, Reason
from meshkernel.topology.model import Accel

pytestmark = pytest.mark.usefixtures("fake_qemu")


async def run(what: str, **secrets: str) -> tuple[MachineExit, bytes]:
    async with asyncio.timeout(20), Machine.start(spec(what, **secrets)) as machine:
        return await machine.wait(), machine.console


async def test_status_of_the_program() -> None:
    ended, _ = await run("status")
    assert (ended.reason, ended.code, ended.status) == (Reason.STATUS, 3, 3)


async def test_panic_carries_the_sentence() -> None:
    ended, console = await run("panic")
    assert ended.sentence == "stopped: the disk is on fire"
    assert ended.status == 125
    assert console.startswith(b"hello\n")


async def test_machine_that_vanishes() -> None:
    ended, _ = await run("lost")
    assert ended.reason is Reason.LOST


async def test_ctrl_c_is_not_for_it_but_the_session_is_ours() -> None:
    """A session of its own would be scheduled as a group of its own, where the host does that."""
    _, console = await run("place")
    session, group, number = map(int, console.split())
    assert (session, group) == (os.getsid(0), number)


async def test_time_is_answered_at_once() -> None:
    before = time.time_ns()
    _, console = await run("time")
    kind, monotonic, wall = map(int, console.split())
    assert (kind, monotonic) == (3, 77)
    assert before <= wall <= time.time_ns()


async def test_messages_and_console_go_both_ways() -> None:
    messages: list[dict[str, Any]] = []
    chunks: list[bytes] = []
    async with (
        asyncio.timeout(20),
        Machine.start(
            spec("echo"), on_message=messages.append, on_console=chunks.append
        ) as machine,
    ):
        await machine.send({"type": "ping", "id": 7})
        await machine.type(b"abc")
        await machine.wait()
        await machine.send({"type": "late"})
    assert messages == [{"type": "ping", "id": 7}]
    assert b"".join(chunks) == b"ABC"


async def test_boot_configuration_is_completed() -> None:
    _, console = await run("boot", KEY="a b%\nc")
    lines = console.decode().splitlines()
    assert lines[:3] == ["abi 1", "argument boot", "environment KEY=a b%25%0ac"]
    words = dict(line.split() for line in lines[3:])
    assert len(bytes.fromhex(words["seed"])) == 32
    assert abs(int(words["wall"]) - time.time_ns()) < 60e9
    assert sorted(words) == ["seed", "wall"]


async def test_stamps_of_the_start_are_asked_for() -> None:
    before = time.monotonic()
    async with asyncio.timeout(20), Machine.start(spec("start")) as machine:
        stamps = await machine.stamps()
    assert before - 0.05 < stamps.began < time.monotonic() - 0.05
    assert stamps.program - stamps.entry == pytest.approx(0.003)
    assert 0 < stamps.error < 1


async def test_stamps_that_make_no_sense_are_told() -> None:
    async with asyncio.timeout(20), Machine.start(spec("start garbled")) as machine:
        with pytest.raises(MachineError, match="what test tells of its start"):
            await machine.stamps()


async def test_a_machine_that_has_ended_tells_nothing_of_its_start() -> None:
    async with asyncio.timeout(20), Machine.start(spec("status")) as machine:
        await machine.wait()
        with pytest.raises(MachineError, match="test has ended"):
            await machine.stamps()


async def test_kill() -> None:
    async with asyncio.timeout(20), Machine.start(spec("wait")) as machine:
        machine.kill()
        ended = await machine.wait()
        assert not machine.running
    assert ended.reason is Reason.KILLED


async def test_broken_control_channel_ends_the_machine() -> None:
    ended, _ = await run("broken")
    assert ended.reason is Reason.LOST


async def test_refusal_of_qemu_is_told() -> None:
    with pytest.raises(MachineError, match=r"could not start test: .*something is wrong"):
        await run("refuse")


async def test_leaving_the_block_ends_the_machine() -> None:
    with pytest.raises(ZeroDivisionError):
        async with Machine.start(spec("wait")) as machine:
            pid = machine.pid
            raise ZeroDivisionError
    assert not os.path.exists(f"/proc/{pid}")  # noqa: ASYNC240, PTH110


SUPERVISOR = """
import asyncio, sys
from pathlib import Path
from meshkernel.machine.arguments import MachineSpec
from meshkernel.machine.machine import Machine

BOOT = ("abi 1\\nargument wait\\n", 32 << 20)

async def main():
    spec = MachineSpec("test", Path("image.elf"), *BOOT, launcher=Path(sys.argv[1]))
    async with Machine.start(spec) as machine:
        print(machine.pid, flush=True)
        await machine.wait()

asyncio.run(main())
"""


def test_killed_supervisor_leaves_no_machine() -> None:
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(launcher())], stdout=subprocess.PIPE, text=True
    )
    assert supervisor.stdout is not None
    pid = int(supervisor.stdout.readline())
    watch = os.pidfd_open(pid)
    supervisor.kill()
    supervisor.wait()
    supervisor.stdout.close()
    import select

    assert select.select([watch], [], [], 10)[0], "the machine outlived its supervisor"
    os.close(watch)


def test_command_line_names_no_secret() -> None:
    words = arguments(Path("qemu"), spec("wait", KEY="hidden"), Descriptors(3, 4, 5, 6))
    assert not any("hidden" in word for word in words)
    assert "-netdev" not in words


@pytest.mark.parametrize(("accel", "cpu"), [(Accel.TCG, "max,-erms"), (Accel.KVM, "host,")])
def test_accelerator_and_network(accel: Accel, cpu: str) -> None:
    machine = MachineSpec(
        "a", Path("i"), "abi 1", 33 << 20, accel, mac="02:6b:0a:00:00:01", launcher=launcher()
    )
    words = " ".join(arguments(Path("qemu"), machine, Descriptors(3, 4, 5, 6, 7)))
    assert f"-accel {accel} -cpu {cpu}" in words
    assert "-m 33M" in words
    assert "stream,id=net,server=off,addr.type=fd,addr.str=7" in words
    assert "mac=02:6b:0a:00:00:01" in words


@pytest.mark.parametrize("what", ["short", "reason", "key"])
async def test_a_frame_that_makes_no_sense_ends_the_machine(what: str) -> None:
    ended, _ = await run(what)
    assert ended.reason is Reason.LOST
    assert "its control channel is broken" in ended.said


async def test_a_guest_that_takes_no_answers_is_asked_for_nothing_more() -> None:
    said: asyncio.Queue[bytes] = asyncio.Queue()
    async with (
        asyncio.timeout(60),
        Machine.start(spec("deaf"), on_console=said.put_nowait),
    ):
        assert await said.get() == b"blocked"


async def test_what_qemu_sends_has_all_the_room_that_the_host_allows() -> None:
    with socket.socket(socket.AF_UNIX) as usual:
        usual.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        allowed = usual.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
    _, console = await run("room")
    assert int(console) >= allowed
