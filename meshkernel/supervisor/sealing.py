"""Sealing the images of a mesh: each is booted once, and its memory becomes the image.

What was sealed is kept for as long as nothing changes that went into it: the image that boots cold,
the memory and environment of the service, QEMU, and the processor that it shows. What cannot be
sealed is told as faults of the service's own code.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import define, evolve, field

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

VERSION = "seal 1"
"""Changes with what is done here: what was sealed before is sealed anew."""

AT_ONCE = 2
"""Machines that are sealed side by side."""

PATIENCE = 300.0
"""Seconds for an import, and for ``@before_seal``."""

EXPLAINING = 256 << 20
"""Bytes of memory more for a machine that keeps the stacks at which things were made."""

SEEDS = 1 << 32
"""Python takes a number below this; 0 would switch the seed off."""


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
        results = await asyncio.gather(
            *(self._service(name, image) for name, image in images.items()), return_exceptions=True
        )
        faults: list[Fault] = []
        for result in results:
            if isinstance(result, UserError):
                faults += [fault for fault in result.faults if fault not in faults]
        if faults:
            raise UserError(*faults)
        sealed = {}
        for name, result in zip(images, results, strict=True):
            if isinstance(result, BaseException):
                raise result
            sealed[name] = result
        return sealed

    async def _service(self, name: str, image: Image) -> Image:
        planned = self.plan.services[name]
        if not planned.service.warm:
            return image
        folder = image.path.parent
        key = self._key(planned, image)
        kept = None if self.anew else warm.kept(folder, key, planned.service.reseal)
        return evolve(image, warm=kept or await self._sealed(planned, image, key))

    def _key(self, planned: ServicePlan, image: Image) -> str:
        """All that a sealed image is made of, but for chance."""
        return digest(
            VERSION,
            image.digest,
            sealing_configuration(self.plan, planned, 0),
            str(planned.service.memory),
            *(BOARD, CPUS[self.accel], self.accel),
            *processor(self.accel),
        )

    async def _sealed(self, planned: ServicePlan, image: Image, key: str) -> Warm:
        async with self._free:
            self.tell(Event("build", planned.name, detail="sealing"))
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
    path = folder / "seal.log"
    records = [
        f"{message.get('level')} {message.get('logger')}: {message.get('message')}\n"
        for message in messages
        if message.get("type") == "log"
    ]
    with replacing(path) as fresh:
        fresh.write_bytes(console + "".join(records).encode())
    return Path(os.path.relpath(path))
