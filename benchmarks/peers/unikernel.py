"""The program as our unikernel, behind the switch and its gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import define, evolve

from benchmarks.peers.base import PORT, PROGRAM, OnReady, ReadyWatch, Running
from meshkernel.image.images import Image
from meshkernel.machine.arguments import MachineSpec
from meshkernel.machine.launcher import build_launcher
from meshkernel.machine.machine import Machine
from meshkernel.machine.program import Run, build
from meshkernel.network.building import build_switch
from meshkernel.network.switch import Switch
from meshkernel.plan.model import Plan, ServicePlan
from meshkernel.toolchain.cache import Cache
from meshkernel.topology.model import Accel, Expose


@define
class Unikernel:
    """Our image of the program. ``run`` and ``image`` serve the Linux peer too."""

    run: Run
    image: Image
    native: Path
    name: str = "unikernel"

    @classmethod
    def build(cls, out: Path) -> Unikernel:
        """Builds the image and the switch below this folder."""
        run = Run(script=PROGRAM, publish=(Expose(host=0, port=PORT),), out=out, accel=Accel.TCG)
        return cls(run, build(run), build_switch(Cache(out.absolute() / "cache")))

    @property
    def plan(self) -> Plan:
        """A mesh of the program alone."""
        return self.run.plan()

    @property
    def service(self) -> ServicePlan:
        """The one service of that mesh."""
        (service,) = self.plan.services.values()
        return service

    def sizes(self) -> tuple[int, int]:
        """The library OS; CPython, modules and program."""
        return self.image.libos_bytes, self.image.bytes - self.image.libos_bytes

    @asynccontextmanager
    async def boot(self, memory: int, on_ready: OnReady) -> AsyncIterator[Running]:
        """A machine with that memory."""
        run = evolve(self.run, memory=memory)
        spec = MachineSpec(
            name=run.name,
            image=self.image.path,
            boot=run.boot(self.plan),
            memory=memory,
            accel=Accel.TCG,
            mac=self.service.mac,
            launcher=build_launcher(Cache(run.out.absolute() / "cache")),
        )
        async with wires(self.plan, self.native) as switch:
            network = await switch.attach(self.service.name)
            watch = ReadyWatch(on_ready)
            start = Machine.start(spec, network=network, on_console=watch.feed)
            async with start as machine:
                (way_in,) = switch.exposed
                yield Running(way_in.host, way_in.port, machine.pid, machine.started)


@asynccontextmanager
async def wires(plan: Plan, native: Path) -> AsyncIterator[Switch]:
    """A switch for one machine, gone with the block."""
    with TemporaryDirectory() as folder:
        async with await Switch.start(plan, Path(folder), program=native) as switch:
            yield switch
