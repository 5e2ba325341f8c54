"""One start of a warm service under a QEMU that keeps a log."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from benchmarks.blocks.log import ARGUMENTS
from benchmarks.subject import Subject
from benchmarks.ways.base import Word
from benchmarks.ways.machine import InMachine
from meshkernel.machine.machine import Machine
from meshkernel.toolchain import tools

PATIENCE = 120.0
REST = 2.0
"""Seconds after which a machine that nobody asks anything has nothing left to do, log and all."""

PROGRAM = "qemu-system-x86_64"


@frozen
class Observed:
    """What there is to be looked at behind a start.

    Attributes:
        log: QEMU's.
        maps: where the program's files were mapped.
        root: the physical address of the highest page table.
        ends: the size of the log when the service was ready, when it rested, and when it had
            answered a first and a second time.
    """

    log: Path
    maps: str
    root: int
    ends: tuple[int, ...]


async def observe(way: InMachine, subject: Subject, log: Path) -> Observed:
    """Starts a service, and asks it twice."""
    word = Word()
    ends: list[int] = []

    def ended() -> None:
        ends.append(log.stat().st_size)

    def heard(message: dict[str, Any]) -> None:
        word.message(message)
        if message["type"] == "ready":
            ended()

    network = await way.switch.attach(way.spec.name)
    start = Machine.start(way.spec, network=network, on_message=heard)
    assert way.connect is not None
    async with asyncio.timeout(PATIENCE), start as machine:
        await word.said
        await asyncio.sleep(REST)
        ended()
        for _ in range(2):
            await subject.request(way.connect, 1)
            ended()
        command = {"command-line": "info registers"}
        told = await machine.qmp.execute("human-monitor-command", **command)
        root = re.search(r"CR3=(\w+)", told)
        assert root is not None
        return Observed(log, await machine.maps(), int(root[1], 16), tuple(ends))


@contextmanager
def logged(folder: Path, log: Path, *, registers: bool) -> Iterator[None]:
    """Within the block, QEMU is one that keeps this log, with registers or without."""
    usual = os.environ["PATH"]
    program = folder / PROGRAM
    program.write_text(
        f'#!/bin/sh\nexec {shutil.which(PROGRAM)} "$@" {ARGUMENTS[registers]} {log}\n'
    )
    program.chmod(0o755)
    os.environ["PATH"] = f"{folder}:{usual}"
    tools._tool.cache_clear()  # it remembers where the usual one is
    try:
        yield
    finally:
        os.environ["PATH"] = usual
        tools._tool.cache_clear()
