"""Sealing the images of a mesh: each is booted once, and its memory becomes the image.

What was sealed is kept for as long as nothing changes that went into it: the image that boots cold,
the memory and environment of the service, QEMU, and the processor that it shows. Services for which
all of that is the same are sealed once, and share the image: what is theirs alone, such as the
name, comes behind the seal. What cannot be sealed is told as faults of the service's own code.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import define, evolve, field, frozen

from meshkernel.config import sealing_configuration
from meshkernel.config.boot import HASH_SEED
from meshkernel.config.machine import BOARD, CPUS
from meshkernel.errors import Fault, MachineError, UserError
from meshkernel.image import seal_files, warm
from meshkernel.image.images import Image
from meshkernel.image.warm import Warm
from meshkernel.machine import sealing
from meshkernel.machine.arguments import MachineSpec
from meshkernel.plan.model import Plan, ServicePlan
from meshkernel.supervisor.events import Event, OnEvent
from meshkernel.toolchain import tools
from meshkernel.toolchain.cache import digest, replacing
from meshkernel.topology.model import Accel

VERSION = "seal 2"
"""Changes with what is done here: what was sealed before is sealed anew."""

AT_ONCE = 2
"""Machines that are sealed side by side."""

PATIENCE = 300.0
"""Seconds for an import, and for ``@before_seal``."""

EXPLAINING = 256 << 20
"""Bytes of memory more for a machine that keeps the stacks at which things were made."""

SEEDS = 1 << 32
"""Python takes a number below this; 0 would switch the seed off."""


@frozen
class _Seal:
    """What services that share a sealed image have in common.

    Attributes:
        key: what the image is made of.
        good_for: seconds for which it is good, or None.
    """

    key: str
    good_for: float | None


@define
class Sealer:
    """Seals the images of one plan.

    Attributes:
        plan: of the mesh.
        accel: what executes the machines; never ``auto``.
        launcher: what starts them.
        tell: is told of each service that is being sealed.
        anew: seal what is good still, too.
        seconds: how long each took.
    """

    plan: Plan
    accel: Accel
    launcher: Path
    tell: OnEvent
    anew: bool = False
    seconds: dict[str, float] = field(factory=dict)
    _free: asyncio.Semaphore = field(factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def seal(self, images: Mapping[str, Image]) -> dict[str, Image]:
        """The images, those of services that are warm with what they were sealed into.

        Raises:
            UserError: with everything that cannot be sealed, of all services.
            MachineError: a machine could not be started, or did not come to its seal.
        """
        alike = self._alike(images)
        results = await asyncio.gather(
            *(self._once(seal, images, names) for seal, names in alike.items()),
            return_exceptions=True,
        )
        faults: list[Fault] = []
        for result in results:
            if isinstance(result, UserError):
                faults += [fault for fault in result.faults if fault not in faults]
        if faults:
            raise UserError(*faults)
        sealed = dict(images)
        for result in results:
            if isinstance(result, BaseException):
                raise result
            sealed |= result
        return sealed

    def _alike(self, images: Mapping[str, Image]) -> dict[_Seal, list[str]]:
        """The services that are warm, those together that can have one image."""
        found: dict[_Seal, list[str]] = {}
        host = (BOARD, CPUS[self.accel], self.accel, *processor(self.accel))
        for name, image in images.items():
            planned = self.plan.services[name]
            if planned.service.warm:
                seal = _Seal(self._key(planned, image, host), planned.service.reseal)
                found.setdefault(seal, []).append(name)
        return found

    def _key(self, planned: ServicePlan, image: Image, host: tuple[str, ...]) -> str:
        """All that a sealed image is made of, but for chance."""
        told = sealing_configuration(self.plan, planned, 0)
        return digest(VERSION, image.digest, told, str(planned.service.memory), *host)

    async def _once(
        self, seal: _Seal, images: Mapping[str, Image], names: list[str]
    ) -> dict[str, Image]:
        """The images of services that share one sealed image, which is made if it is not there."""
        folders = {name: images[name].path.parent for name in names}
        found = None if self.anew else warm.newest(folders.values(), seal.key, seal.good_for)
        if found is None:
            found = await self._sealed(names, images[names[0]], seal.key)
        return {
            name: evolve(images[name], warm=warm.shared(found, folder))
            for name, folder in folders.items()
        }

    async def _sealed(self, names: list[str], image: Image, key: str) -> Warm:
        planned = self.plan.services[names[0]]
        others = f", for {len(names)} services" if len(names) > 1 else ""
        async with self._free:
            self.tell(Event("build", planned.name, detail=f"sealing{others}"))
            began = time.monotonic()
            found = await self._boot(planned, image, key)
            self.seconds[planned.name] = time.monotonic() - began
            return found

    async def _boot(self, planned: ServicePlan, image: Image, key: str) -> Warm:
        folder = image.path.parent
        hash_seed = 1 + secrets.randbelow(SEEDS - 1)
        spec = evolve(self._spec(planned, image, hash_seed), seed=secrets.token_hex(32))
        try:
            async with asyncio.timeout(PATIENCE), sealing.seal(spec) as sealed:
                _log(folder, sealed.console, sealed.messages)
                self._pass_on(planned.name, sealed.messages)
                names = (sealed.seal, sealed.memory, spec.memory, folder)
                await asyncio.to_thread(seal_files.write_all, *names)
        except sealing.NotSealed as error:
            raise await self._explained(planned, image, error) from None
        except TimeoutError:
            what = f"{planned.name} did not come to its seal within {PATIENCE:g} s"
            raise MachineError(f"{what}: its import waits for something") from None
        return warm.keep(
            folder,
            key,
            {
                "hash_seed": planned.service.env.get(HASH_SEED, str(hash_seed)),
                "seed": spec.seed,
                "processor": sealed.seal.processor.vendor,
                "memory": planned.service.memory,
                "accel": self.accel,
            },
        )

    def _pass_on(self, name: str, messages: tuple[dict[str, Any], ...]) -> None:
        """What a runtime wants to be known of the image."""
        for message in messages:
            if message.get("type") == "note":
                self.tell(Event("note", name, detail=str(message.get("text"))))

    def _spec(
        self, planned: ServicePlan, image: Image, hash_seed: int, *, explain: bool = False
    ) -> MachineSpec:
        memory = planned.service.memory
        return MachineSpec(
            name=planned.name,
            image=image.path,
            boot=sealing_configuration(self.plan, planned, hash_seed, explain=explain),
            memory=memory + EXPLAINING if explain else memory,
            accel=self.accel,
            launcher=self.launcher,
        )

    async def _explained(
        self, planned: ServicePlan, image: Image, error: sealing.NotSealed
    ) -> UserError | MachineError:
        """What is to be raised for a machine that could not be sealed. Where it does not know at
        which lines things were made, another one finds that out.
        """
        if any(not fault.get("where") for fault in error.faults):
            self.tell(Event("build", planned.name, detail="looking for what cannot be sealed"))
            try:
                spec = self._spec(planned, image, 0, explain=True)
                async with asyncio.timeout(PATIENCE), sealing.seal(spec):
                    pass  # it was another one this time: what was found before is told
            except sealing.NotSealed as again:
                error = again if again.faults else error
            except (MachineError, TimeoutError):
                pass
        log = _log(image.path.parent, error.console, error.messages)
        if error.faults:
            return UserError(*self._faults(planned, error.faults, log))
        error.add_note(f"its console: {log}")
        return error

    def _faults(self, planned: ServicePlan, told: list[dict[str, Any]], log: Path) -> list[Fault]:
        """What stands in the way of a seal, as faults of the service's code."""
        topology = self.plan.topology.path
        key = f"services.{planned.name}"
        found = []
        for each in told:
            file, _, line = str(each.get("where", "")).rpartition(":")
            place = (file, int(line)) if file and line.isdecimal() else None
            if place is None:
                place = (str(topology), planned.service.line)
            remedy = f"{each.get('remedy')} (its console: {log})"
            found.append(Fault(str(each.get("what")), remedy, *place, key))
        return found


def processor(accel: Accel) -> list[str]:
    """What says which processor the machines of this computer have: by QEMU, and under KVM by the
    computer.
    """
    qemu = tools.find("qemu-system-x86_64").resolve()
    found = qemu.stat()
    program = f"{qemu} {found.st_size} {found.st_mtime_ns}"
    if accel is not Accel.KVM:
        return [program]
    wanted = ("vendor_id", "cpu family", "model", "stepping", "flags", "microcode")
    lines = Path("/proc/cpuinfo").read_text().partition("\n\n")[0].splitlines()
    return [program, *(line for line in lines if line.startswith(wanted))]


def _log(folder: Path, console: bytes, messages: tuple[dict[str, Any], ...]) -> Path:
    """Keeps what was said on the way to the seal; returns where, seen from here."""
    path = folder / warm.LOG
    records = [
        f"{message.get('level')} {message.get('logger')}: {message.get('message')}\n"
        for message in messages
        if message.get("type") == "log"
    ]
    with replacing(path) as fresh:
        fresh.write_bytes(console + "".join(records).encode())
    return Path(os.path.relpath(path))
