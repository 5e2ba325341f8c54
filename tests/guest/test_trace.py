"""The trace of a machine that runs, and of one from its first call on."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from attrs import define, field

from meshkernel.image.images import Image
from meshkernel.machine.arguments import MachineSpec
from meshkernel.machine.console import END_OF_INPUT
from meshkernel.machine.machine import Machine
from meshkernel.trace import Batch, Request
from meshkernel.trace.lines import Lines
from meshkernel.trace.table import request
from meshkernel.trace.used import Used

from .running import SECONDS, launcher, python_run

pytestmark = pytest.mark.machine


@define
class Traced:
    """A machine with a program that does what it is told, and what its trace said."""

    machine: Machine
    console: bytearray
    lines: Lines = field(factory=Lines)
    said: list[str] = field(factory=list)

    def take(self, batch: Batch) -> None:
        self.said += self.lines.feed(batch)

    async def do(self, word: str) -> None:
        """Have the program do something, and wait until it is done."""
        before = self.console.count(f"did {word}".encode())
        await self.machine.type(word.encode() + b"\n")
        while self.console.count(f"did {word}".encode()) == before:
            assert self.machine.running, self.console.decode(errors="replace")
            await asyncio.sleep(0.01)

    def matching(self, pattern: str) -> list[str]:
        return [line for line in self.said if re.search(pattern, line)]


@asynccontextmanager
async def running(image: Image, asked: Request | None = None) -> AsyncIterator[Traced]:
    run = python_run("traced")
    boot = run.boot(run.plan())
    spec = MachineSpec(
        *(run.name, image.path, boot, run.memory, run.accel), trace=asked, launcher=launcher()
    )
    console = bytearray()
    async with asyncio.timeout(SECONDS), Machine.start(spec, on_console=console.extend) as machine:
        traced = Traced(machine, console)
        machine.channel.on_trace = traced.take
        yield traced


async def test_a_running_machine_is_traced_and_goes_on_as_before(python_image: Image) -> None:
    async with running(python_image) as traced:
        await traced.do("stat")
        assert traced.said == []
        await traced.machine.trace(request())
        await traced.do("stat")
        await traced.do("connect")
        await traced.do("sleep")
        await traced.machine.trace(None)
        assert traced.matching(r'newfstatat\(AT_FDCWD, "/etc/hosts", \{st_mode=S_IFREG\|0\d+, st_')
        assert traced.matching(r"socket\(AF_INET, SOCK_STREAM\|SOCK_CLOEXEC, IPPROTO_IP\) += \d")
        assert traced.matching(
            r"connect\(\d, \{sa_family=AF_INET, sin_port=htons\(9\), \S+\}, 16\) += -1 ECONNREFUSED"
        )
        assert traced.matching(r'write\(1, "did", 3\) += 3 <0\.\d{6}>')
        (asleep,) = traced.matching(r"clock_nanosleep\(.*<unfinished \.\.\.>")[:1]
        thread = asleep[:7]
        (awake,) = [line for line in traced.said if f"{thread} <... clock_nanosleep" in line]
        between = traced.said[traced.said.index(asleep) : traced.said.index(awake)]
        assert any("/etc/hosts" in line for line in between)
        assert float(re.search(r"<(0\.\d+)>$", awake)[1]) >= 0.2
        count = len(traced.said)
        await traced.do("stat")
        assert len(traced.said) == count
        await traced.machine.trace(request(["getppid"]))
        await traced.do("stat")
        await traced.machine.type(END_OF_INPUT)
        assert (await traced.machine.wait()).status == 0
        assert len(traced.said) == count


async def test_what_comes_too_fast_is_counted_and_holds_nobody_up(python_image: Image) -> None:
    async with running(python_image) as traced:
        await traced.do("stat")
        await traced.machine.trace(request(["getppid"]))
        await traced.do("flood")
        await traced.machine.trace(None)
        shown = len(traced.matching(r"getppid\(\) += 0"))
        assert 0 < shown <= 20_000
        assert traced.lines.lost == 0 or traced.matching("were not printed")
        assert 2 * shown + traced.lines.lost >= 40_000 - 2


async def test_the_first_call_is_traced_and_each_thing_once(python_image: Image) -> None:
    used = Used()
    lines = Lines()
    said: list[str] = []

    def take(batch: Batch) -> None:
        used.feed(batch)
        said.extend(lines.feed(batch))

    async with running(python_image, request(once=True)) as traced:
        traced.machine.channel.on_trace = take
        await traced.do("stat")
        await traced.do("stat")
        await traced.machine.type(END_OF_INPUT)
        assert (await traced.machine.wait()).status == 0
    assert "brk(NULL)" in said[0]
    assert said[-1].endswith("exit_group(0) = ?")
    assert {"openat", "mmap", "newfstatat", "read", "write", "exit_group"} <= used.syscalls
    assert used.lost == 0
    assert len(said) < 100
