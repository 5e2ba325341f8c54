"""The real host: images from the builder, machines by QEMU, the switch as a process."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path

from attrs import define, field

from meshkernel.config import boot_configuration
from meshkernel.errors import SupervisorError
from meshkernel.image.images import Image
from meshkernel.machine import probe
from meshkernel.machine.arguments import MachineSpec
from meshkernel.machine.channel import OnTrace
from meshkernel.machine.launcher import build_launcher
from meshkernel.machine.machine import Machine
from meshkernel.machine.standby import Standby
from meshkernel.machine.volumes import FOLDER, Volumes, open_volumes
from meshkernel.network.building import build_switch
from meshkernel.network.switch import Switch
from meshkernel.plan.model import CALL_PORT, Plan
from meshkernel.supervisor.building import build_images
from meshkernel.supervisor.events import Event, OnEvent, ignore
from meshkernel.supervisor.pool import Pool
from meshkernel.supervisor.seams import Launcher, Network, OnConsole, OnMessage, RunningMachine
from meshkernel.supervisor.timings import Place, Timing, Timings
from meshkernel.toolchain.cache import Cache
from meshkernel.topology.model import Accel, Mount, Service

COLD = ".cold"
"""The suffix of an image that boots cold, among those that are kept."""


def boot_configurations(plan: Plan) -> dict[str, str]:
    """What each machine is told at boot: of this plan, and not of one that was built after it."""
    return {
        replica.name: boot_configuration(plan, each, replica)
        for each in plan.services.values()
        for replica in each.replicas
    }


@define
class RealHost:
    """Runs machines on this computer.

    ``out`` is the build folder; ``volumes`` where volumes are, ``volumes/`` beside the topology if
    nothing is said; ``timings`` tells how long the parts of each start took; ``cpu`` is QEMU's
    model of the processors of machines that run, where it is not that of the accelerator.
    """

    out: Path
    volumes: Path | None = None
    environ: Mapping[str, str] = field(factory=lambda: os.environ)
    timings: Timings = field(factory=Timings)
    cpu: str | None = None
    _images: dict[str, Image] = field(factory=dict)
    _boot: dict[str, str] = field(factory=dict)
    _kept: Path | None = None  # where the images of this mesh stay, whatever is built meanwhile
    _accel: Accel = Accel.TCG
    _switch: Path | None = None
    _tell: OnEvent = ignore
    _pool: Pool | None = None
    _launcher: Path | None = None
    _opened: Volumes | None = None
    _cold: set[str] = field(factory=set)  # services that cannot go on from their seal here
    _turned: set[str] = field(factory=set)  # and of whom nobody has been told yet

    async def build(self, plan: Plan, on_event: OnEvent) -> dict[str, int]:
        """Build the images and the switch, and choose the accelerator."""
        cache = Cache(self.out.absolute() / "cache")
        self._tell = on_event
        self._images = await build_images(plan, self.out, on_event, self.everything)
        self._boot = boot_configurations(plan)
        self._switch = await asyncio.to_thread(build_switch, cache)
        self._launcher = await asyncio.to_thread(build_launcher, cache)
        choice = await asyncio.to_thread(probe.choose, plan.topology.accel, cache)
        self._accel = choice.accel
        on_event(Event("note", detail=str(choice)))
        return {
            name: image.warm.bytes if image.warm else image.bytes
            for name, image in self._images.items()
        }

    @asynccontextmanager
    async def network(self, plan: Plan, folder: Path) -> AsyncIterator[Network]:
        """The switch of a mesh that was built; its volumes are open while it runs, but for those
        of services that sleep: each of their machines opens its own.
        """
        if self._switch is None:
            raise SupervisorError("the mesh has not been built")
        self._keep_images(folder / "images")
        services = [each.service for each in plan.services.values()]
        with open_volumes(self._root(plan), _mounts(services)):
            pass  # what cannot be opened is told now, and not to the first caller
        awake = [each.service for each in plan.services.values() if not each.sleeps]
        with open_volumes(self._root(plan), _mounts(awake)) as self._opened:
            async with (
                Pool(plan.topology.standby, self._stand_by, self._tell) as self._pool,
                await Switch.start(plan, folder, program=self._switch) as switch,
            ):
                yield switch

    async def standing_by(self) -> list[int]:
        """Waits until as many QEMUs stand by as there are to be; returns their processes."""
        assert self._pool is not None  # noqa: S101 - there is a network
        await self._pool.full()
        return self._pool.pids

    async def _stand_by(self) -> Standby:
        assert self._launcher is not None  # noqa: S101 - it was built
        return await Standby.start(self._accel, self._launcher)

    def _root(self, plan: Plan) -> Path:
        return self.volumes or plan.topology.root / FOLDER

    @contextmanager
    def machine_volumes(self, plan: Plan, name: str) -> Iterator[Volumes | None]:
        """What a replica's machine mounts, for as long as the block runs.

        Raises:
            SupervisorError: another mesh has taken it while the service slept.
        """
        planned = plan.of(name)
        if not planned.sleeps:
            yield self._opened
            return
        with open_volumes(self._root(plan), planned.service.volumes) as opened:
            yield opened

    def launcher(self, plan: Plan, network: Network) -> Launcher:
        """Starts the machines of a mesh that was built."""
        if not isinstance(network, Switch) or self._pool is None:
            raise TypeError("machines are attached to a switch")
        return _RealLauncher(self, plan, network, self._pool)

    def _keep_images(self, folder: Path) -> None:
        """A second name for each image, and for what a debugger needs of it: the next build, of
        this mesh or of another one in the project, must not change what a service is started with.
        """
        folder.mkdir()
        for name, image in self._images.items():
            os.link(image.path, folder / f"{name}{COLD}")
            os.link(image.warm.start if image.warm else image.path, folder / f"{name}.elf")
            if image.warm:
                os.link(image.warm.ram, folder / f"{name}.ram")
            for suffix, beside in ((".debug", "libos.debug"), (".json", "image.json")):
                os.link(image.path.with_name(beside), folder / f"{name}{suffix}")
        self._kept = folder

    @property
    def everything(self) -> frozenset[str]:
        """The services that get every library."""
        return frozenset()

    def on_trace(self, name: str) -> OnTrace | None:
        """What takes the records of a service that is traced from its start."""
        del name
        return None

    async def told(self) -> None:
        await self.timings.told()

    def extend(self, plan: Plan) -> None:
        """Be ready for the machines of a plan that has grown."""
        for name, replica in plan.replicas.items():
            if name not in self._boot:
                self._boot[name] = boot_configuration(plan, plan.of(name), replica)

    def boot_cold(self, service: str, replica: str) -> None:
        """From now on a service boots its cold image, as this replica of it needs."""
        self._cold.add(service)
        self._turned.add(replica)

    def turned_cold(self, name: str) -> bool:
        """Whether a replica has turned to the cold image since this was asked last."""
        turned = name in self._turned
        self._turned.discard(name)
        return turned

    def spec(self, plan: Plan, name: str, opened: Volumes | None = None) -> MachineSpec:
        """The machine of a replica, and the volumes that are open for it."""
        replica, planned = plan.replicas[name], plan.of(name)
        mounts, service = planned.service.volumes, planned.name
        assert self._kept is not None  # noqa: S101 - there is a network
        assert self._launcher is not None  # noqa: S101 - and it was built before
        warm = self._images[service].warm is not None and service not in self._cold
        return MachineSpec(
            name=name,
            image=self._kept / f"{service}{'.elf' if warm else COLD}",
            ram=self._kept / f"{service}.ram" if warm else None,
            sealed_from=self._kept / f"{service}{COLD}" if warm else None,
            cpu=self.cpu,
            boot=self._boot[name],
            memory=planned.service.memory,
            accel=self._accel,
            mac=replica.mac,
            volumes=opened.of(mounts) if opened else (),
            inherited=opened.descriptors if opened and mounts else (),
            secrets={secret: self.environ[secret] for secret in planned.service.secrets},
            launcher=self._launcher,
        )


@define
class _RealLauncher:
    host: RealHost
    plan: Plan
    switch: Switch
    pool: Pool

    def launch(
        self, replica: str, on_message: OnMessage, on_console: OnConsole
    ) -> AbstractAsyncContextManager[RunningMachine]:
        return self._launched(replica, on_message, on_console)

    @asynccontextmanager
    async def _launched(
        self, replica: str, on_message: OnMessage, on_console: OnConsole
    ) -> AsyncIterator[RunningMachine]:
        with self.host.machine_volumes(self.plan, replica) as opened, self.pool.starting() as over:
            spec = self.host.spec(self.plan, replica, opened)
            standby = await self.pool.take(spec)
            timing = Timing(replica, on_message)
            timing.ready.add_done_callback(lambda _: over())
            async with Machine.start(
                spec,
                network=await self._attached(replica, standby),
                standby=standby,
                on_message=timing.message,
                on_console=on_console,
                on_trace=self.host.on_trace(self.plan.replicas[replica].service),
            ) as machine:
                with self.host.timings.of(timing, machine, self._place(replica)):
                    yield machine
                if not machine.running and (await machine.wait()).needs_cold_image:
                    self.host.boot_cold(self.plan.replicas[replica].service, replica)

    def _place(self, replica: str) -> Place:
        address = self.plan.replicas[replica].address
        return Place(self.switch.dial_socket, str(address), CALL_PORT)

    async def _attached(self, replica: str, standby: Standby | None) -> socket.socket | None:
        """The switch's socket for a machine that is to be started; a QEMU that stands by has it."""
        if standby is None:
            return await self.switch.attach(replica)
        try:
            await self.switch.attach_end(replica, standby.network)
        except BaseException:
            await standby.close()
            raise
        return None

    def extend(self, plan: Plan) -> None:
        self.host.extend(plan)
        self.plan = plan

    def turned_cold(self, replica: str) -> bool:
        return self.host.turned_cold(replica)


def _mounts(services: Iterable[Service]) -> list[Mount]:
    return [mount for service in services for mount in service.volumes]
