"""The two places where a module of tests runs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from meshkernel.config.boot import ENVIRONMENT
from meshkernel.image.images import Image
from meshkernel.machine import program
from meshkernel.machine.console import END_OF_INPUT
from meshkernel.machine.program import Run
from meshkernel.topology.model import Accel

from . import exceptions
from .outcomes import Outcomes

HERE = Path(__file__).parent
INTERPRETER = Path(sys.executable).resolve()
REPORTER = HERE / "reporter.py"
OUT = HERE.parents[1] / "build"
MEMORY = 1 << 30
SILENCE = 300
"""Seconds without a word after which a method counts as lost. Under software emulation the slowest
takes two minutes."""
SILENCE_EXCEPTED = 30
"""Of a method that cannot pass in a unikernel, and may wait for what never comes."""
LOST_MOST = 12
"""Methods of one module that may be lost; each takes a machine with it."""

Side = Callable[[str], Awaitable[Outcomes]]


async def on_host(module: str) -> Outcomes:
    """Runs a module with this interpreter, as a process."""
    outcomes = Outcomes()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process = await asyncio.create_subprocess_exec(
            INTERPRETER,
            *(REPORTER, module),
            cwd=folder,
            env=ENVIRONMENT | {"PATH": os.environ["PATH"], "TMPDIR": folder, "PYTHONPATH": ""},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        assert process.stdout is not None
        try:
            while data := await asyncio.wait_for(process.stdout.read(1 << 16), SILENCE):
                outcomes.feed(data)
            await process.wait()
        except TimeoutError:
            outcomes.lose_running(f"nothing was heard for {SILENCE} s")
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    return outcomes


def machine_run(module: str, done: int) -> Run:
    """The reporter as a unikernel with the whole standard library; one image for all modules."""
    return Run(
        script=REPORTER,
        arguments=(module, str(done)),
        memory=MEMORY,
        accel=Accel.AUTO,
        stdlib=True,
        everything=True,
        out=OUT,
    )


def build() -> Image:
    """The image for `in_machine`."""
    return program.build(machine_run("", 0))


async def in_machine(image: Image, module: str) -> Outcomes:
    """Runs a module in a machine; in another one from behind a method that ended it."""
    outcomes = Outcomes()
    for _ in range(LOST_MOST):
        why = await _machine(image, module, outcomes)
        if outcomes.running is None:
            break
        outcomes.lose_running(why)
    return outcomes


def silence(running: str | None) -> int:
    """Seconds without a word after which the method that runs in a machine counts as lost."""
    excepted = running is not None and exceptions.reason_of(running, exceptions.load())
    return SILENCE_EXCEPTED if excepted else SILENCE


async def _machine(image: Image, module: str, outcomes: Outcomes) -> str:
    """Runs one machine to its end; returns how it ended."""
    heard = asyncio.Event()

    def hear(data: bytes) -> None:
        outcomes.feed(data)
        heard.set()

    run = machine_run(module, outcomes.ended)
    async with program.start(run, image, hear) as machine:
        await machine.type(END_OF_INPUT)
        end = asyncio.ensure_future(machine.wait())
        while not end.done():
            heard.clear()
            listening = asyncio.ensure_future(heard.wait())
            seconds = silence(outcomes.running)
            await asyncio.wait(
                {end, listening}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
            listening.cancel()
            if not end.done() and not heard.is_set():
                end.cancel()
                return f"nothing was heard for {seconds} s"
        return f"the machine {end.result().sentence}"
