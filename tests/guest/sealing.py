"""Sealing guest programs, and going on behind the seal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from attrs import evolve, frozen

from meshkernel.image.builder import Image
from meshkernel.image.seal import Seal
from meshkernel.image.seal_files import write_all
from meshkernel.machine import program
from meshkernel.machine.arguments import MachineSpec
from meshkernel.machine.machine import Machine
from meshkernel.machine.program import Run
from meshkernel.machine.sealing import seal
from meshkernel.topology.model import Accel

from .running import MIB, OUT, SECONDS, Ended, InMachine, compile_c, parted


@frozen
class Warm:
    """A program that was sealed.

    Attributes:
        cold: its machine as it was for sealing.
        console: what it wrote until then.
        seal: what it told of its memory.
        files: what came of the memory, by name.
    """

    cold: MachineSpec
    console: str
    seal: Seal
    files: dict[str, Path]

    @property
    def ram(self) -> MachineSpec:
        """A machine that goes on, its memory mapped."""
        return evolve(self.cold, image=self.files["start.elf"], ram=self.files["image.ram"])

    @property
    def elf(self) -> MachineSpec:
        """A machine that goes on from the ELF file alone."""
        return evolve(self.cold, image=self.files["image.elf"])


def spec_of(run: Run, image: Image) -> MachineSpec:
    """The machine of a program, without anything from outside."""
    return MachineSpec(run.name, image.path, run.boot(run.plan()), run.memory)


def spec_of_c(name: str, *arguments: str, memory: int = 64 * MIB) -> MachineSpec:
    """The machine of a program of tests/guest/c."""
    run = Run(script=compile_c(name), arguments=arguments, memory=memory, accel=Accel.TCG, out=OUT)
    return spec_of(run, program.build(run))


async def sealed(spec: MachineSpec, folder: Path) -> Warm:
    """Seals a program.

    Raises:
        NotSealed: it ended without.
    """
    async with asyncio.timeout(SECONDS), seal(spec) as done:
        files = dict(write_all(done.seal, done.memory, spec.memory, folder))
        return Warm(spec, done.console.decode(errors="replace"), done.seal, files)


@asynccontextmanager
async def started(spec: MachineSpec, console: bytearray) -> AsyncIterator[Machine]:
    """A machine of such a spec, within the time that one may take."""
    try:
        async with (
            asyncio.timeout(SECONDS),
            Machine.start(spec, on_console=console.extend) as machine,
        ):
            yield machine
    except TimeoutError:
        pytest.fail(f"it did not end; its console:\n{console.decode(errors='replace')}")


async def ran(spec: MachineSpec) -> InMachine:
    """Runs a machine to its end."""
    console = bytearray()
    async with started(spec, console) as machine:
        end = await machine.wait()
    text = console.decode(errors="replace")
    print(f"console of {spec.name}, which {end.sentence}:\n{text}")
    own, said = parted(text)
    return InMachine(Ended(own, end.status), said, end, text)


def values(text: str) -> dict[str, str]:
    """What a program wrote in lines of a name and a value."""
    parts = (line.partition(" ") for line in text.splitlines())
    return {name: value.strip() for name, _, value in parts}
