"""Sealing guest programs, and going on behind the seal."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from attrs import evolve, frozen

from meshkernel.image.images import Image
from meshkernel.image.seal import Seal
from meshkernel.image.seal_files import write_all
from meshkernel.machine import program
from meshkernel.machine.arguments import MachineSpec
from meshkernel.machine.boot import line
from meshkernel.machine.machine import Machine
from meshkernel.machine.program import Run
from meshkernel.machine.sealing import seal
from meshkernel.network.building import build_switch
from meshkernel.network.switch import Switch
from meshkernel.toolchain.cache import Cache
from meshkernel.topology.model import Accel, Expose

from .running import (
    HERE,
    MIB,
    OUT,
    SECONDS,
    Ended,
    InMachine,
    compile_c,
    launcher,
    parted,
    python_run,
)


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
    return MachineSpec(run.name, image.path, run.boot(run.plan()), run.memory, launcher=launcher())


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
async def started(
    spec: MachineSpec, console: bytearray, network: socket.socket | None = None
) -> AsyncIterator[Machine]:
    """A machine of such a spec, within the time that one may take."""
    try:
        async with (
            asyncio.timeout(SECONDS),
            Machine.start(spec, network=network, on_console=console.extend) as machine,
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


def spec_of_python(image: Image, *arguments: str) -> MachineSpec:
    """The machine of a program of tests/guest/python."""
    return spec_of(python_run(*arguments), image)


@asynccontextmanager
async def exposed(spec: MachineSpec, port: int, console: bytearray) -> AsyncIterator[int]:
    """A machine with a network: its port is reached from the host at the one that is given."""
    host = free_port()
    run = Run(script=HERE / "python" / "run.py", publish=(Expose(host, port),), out=OUT)
    plan = run.plan()
    (service,) = plan.services.values()
    boot = "".join(
        (
            spec.boot,
            line("address", f"{service.address}/{plan.network.prefixlen}"),
            line("gateway", str(plan.gateway)),
        )
    )
    native = await asyncio.to_thread(build_switch, Cache(OUT / "cache"))
    with TemporaryDirectory() as folder:
        async with await Switch.start(plan, Path(folder), program=native) as switch:
            network = await switch.attach(run.name)
            with_network = evolve(spec, boot=boot, mac=service.mac)
            async with started(with_network, console, network):
                yield host


def free_port() -> int:
    """A port of the host that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
