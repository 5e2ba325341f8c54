"""Services as unikernels: cold, warm, warm in a QEMU that stood by; and the floor below all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from benchmarks.usage import cpu_seconds
from benchmarks.ways.base import Connect, Running, Word
from meshkernel.config import boot_configuration
from meshkernel.machine import probe
from meshkernel.machine.arguments import MachineSpec
from meshkernel.machine.launcher import build_launcher
from meshkernel.machine.machine import Machine
from meshkernel.machine.standby import Standby
from meshkernel.network.switch import Switch
from meshkernel.plan.model import Plan, Replica
from meshkernel.toolchain.cache import Cache
from meshkernel.topology.model import Accel


@frozen
class InMachine:
    """A machine of a plan, on a switch of that plan. ``spec`` says what it boots."""

    name: str
    spec: MachineSpec
    switch: Switch
    connect: Connect | None

    @asynccontextmanager
    async def start(self) -> AsyncIterator[Running]:
        """Boots it."""
        word = Word()
        network = await self.switch.attach(self.spec.name)
        start = Machine.start(self.spec, network=network, on_message=word.message)
        async with start as machine:
            yield Running(machine.pid, machine.started, word.said, self.connect, machine.stamps)


@frozen
class StoodBy:
    """The same for a QEMU that stands by already: its own start is nobody's time, nor processor."""

    spec: MachineSpec
    switch: Switch
    connect: Connect
    name: str = "standby"

    @asynccontextmanager
    async def start(self) -> AsyncIterator[Running]:
        """Makes it the machine."""
        word = Word()
        standby = await Standby.start(self.spec.accel, self.spec.launcher)
        spent = cpu_seconds(standby.qemu.pid)
        await self.switch.attach_end(self.spec.name, standby.network)
        start = Machine.start(self.spec, standby=standby, on_message=word.message)
        async with start as machine:
            yield Running(
                *(machine.pid, machine.started, word.said, self.connect, machine.stamps), spent
            )


@frozen
class Floor:
    """What no guest can be faster than: one that prints a letter and halts, in the same machine."""

    spec: MachineSpec
    switch: Switch
    name: str = "floor"

    @asynccontextmanager
    async def start(self) -> AsyncIterator[Running]:
        """Boots it; the letter is its ready."""
        word = Word()
        network = await self.switch.attach(self.spec.name)
        start = Machine.start(self.spec, network=network, on_console=lambda _: word.now())
        async with start as machine:
            yield Running(machine.pid, machine.started, word.said)


def cold_spec(plan: Plan, service: str, out: Path) -> MachineSpec:
    """A machine that boots a service's cold image below the build folder."""
    folder = out / service
    cold = folder / "cold.elf"  # where the image is warm, the cold one is beside it
    planned = plan.services[service]
    return MachineSpec(
        name=service,
        image=cold if cold.exists() else folder / "image.elf",
        boot=boot_configuration(plan, planned),
        memory=planned.service.memory,
        accel=Accel.TCG,
        mac=planned.mac,
        launcher=build_launcher(Cache(out / "cache")),
    )


def warm_spec(plan: Plan, service: str, out: Path) -> MachineSpec | None:
    """A machine that continues a service's warm image; None if its image is cold."""
    ram = out / service / "image.ram"
    if not ram.exists():
        return None
    files: dict[str, Any] = {"image": out / service / "start.elf", "ram": ram}
    return evolve(cold_spec(plan, service, out), **files)


def replica_spec(plan: Plan, replica: Replica, out: Path) -> MachineSpec:
    """A machine that continues the warm image of a service as one of its replicas.

    Raises:
        LookupError: its image is cold.
    """
    spec = warm_spec(plan, replica.service, out)
    if spec is None:
        raise LookupError(f"{replica.service} has no warm image")
    boot = boot_configuration(plan, plan.services[replica.service], replica)
    return evolve(spec, name=replica.name, boot=boot, mac=replica.mac)


def floor_spec(spec: MachineSpec, folder: Path) -> MachineSpec:
    """The same machine with the smallest guest in place of the image."""
    image = folder / "floor.elf"
    image.write_bytes(probe.guest())
    return evolve(spec, image=image)
