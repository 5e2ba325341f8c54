"""What QEMU is told about one machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import asdict, astuple, field, frozen

from meshkernel.config import MachineValues, VolumeValues, machine_arguments
from meshkernel.config.machine import STANDBY_MEMORY, Command, own_descriptor, setting
from meshkernel.topology.model import Accel

if TYPE_CHECKING:
    from meshkernel.trace import Request


@frozen
class MachineSpec:
    """One machine to be.

    Attributes:
        name: shown in messages and in the process's title.
        launcher: what starts its QEMU, see `meshkernel.machine.launcher`.
        image: what it boots.
        boot: the boot configuration without ``seed``, ``wall`` and secrets.
        memory: bytes.
        accel: what executes its instructions; never ``auto``.
        mac: of its network device, if it has one.
        volumes: folders of the host that it mounts, with the tags of its boot configuration.
        inherited: descriptors that QEMU only keeps open, such as the locks of its volumes.
        secrets: environment variables that are on no disk and on no command line.
        trace: what is traced from its first system call on.
        ram: the file that its memory starts as, mapped privately; for what ``image`` goes on with.
        sealed_from: the image that boots cold, of which ``ram`` was made; for reports.
        cpu: QEMU's model of the processor; None: the one that goes with ``accel``.
        sealing: the descriptor of a file of the size of its memory: it is its memory, and the
            machine has no device but its control channel.
        wall: the time that it takes it to be, in nanoseconds since 1970; None: the true one.
        seed: of its random generator, 64 hexadecimal digits; None: a fresh one, as it has to be
            for every machine but one for sealing.
    """

    name: str
    image: Path
    boot: str
    memory: int
    accel: Accel = Accel.TCG
    mac: str | None = None
    volumes: tuple[VolumeValues, ...] = ()
    inherited: tuple[int, ...] = ()
    secrets: Mapping[str, str] = field(factory=dict, repr=False)
    trace: Request | None = None
    ram: Path | None = None
    sealed_from: Path | None = None
    cpu: str | None = None
    sealing: int | None = None
    wall: int | None = None
    seed: str | None = None
    launcher: Path = field(kw_only=True)

    @property
    def memory_files(self) -> list[int]:
        """Descriptors of files that are its memory."""
        return [] if self.sealing is None else [self.sealing]


@frozen
class Descriptors:
    """Open file descriptors that QEMU inherits."""

    serial: int
    control: int
    qmp: int
    boot: int
    network: int | None = None

    @property
    def numbers(self) -> list[int]:
        """All of them."""
        return [each for each in astuple(self) if each is not None]


def arguments(program: Path, spec: MachineSpec, descriptors: Descriptors) -> list[str]:
    """The command line of QEMU: it names no secret and no socket that others could open."""
    values = MachineValues(
        name=spec.name,
        image=str(spec.image),
        memory=spec.memory,
        accel=spec.accel,
        model=spec.cpu,
        mac=spec.mac if descriptors.network is not None else None,
        volumes=spec.volumes,
        ram=_ram(spec),
        sealing=spec.sealing is not None,
        **_names(descriptors),
    )
    return [str(program), *machine_arguments(values)]


def standby_arguments(program: Path, accel: Accel, descriptors: Descriptors) -> list[str]:
    """The command line of a QEMU that stands by for any machine that `may_stand_by`."""
    values = MachineValues(
        name="standby",
        image="",
        memory=STANDBY_MEMORY,
        accel=accel,
        standby=True,
        **_names(descriptors),
    )
    return [str(program), *machine_arguments(values)]


def may_stand_by(spec: MachineSpec) -> bool:
    """Whether a QEMU that stands by can become this machine: volumes cannot be added to it, nor
    descriptors, it is on a network, and has a processor already.
    """
    fixed = (spec.volumes, spec.inherited, spec.memory_files, spec.cpu)
    return spec.mac is not None and not any(fixed)


def settings(spec: MachineSpec) -> list[Command]:
    """What a QEMU that stands by is told to become a machine."""
    return MachineValues(
        name=spec.name,
        image=str(spec.image),
        memory=spec.memory,
        accel=spec.accel,
        ram=_ram(spec),
    ).settings


def setting_of_boot(number: int) -> Command:
    """What it is told as soon as it waits: which of its descriptors is the boot configuration."""
    return setting("initrd", own_descriptor(number))


def _names(descriptors: Descriptors) -> dict[str, Any]:
    """The numbers of all of them, as the command line has them."""
    return {name: str(number) for name, number in asdict(descriptors).items()}


def _ram(spec: MachineSpec) -> str | None:
    if spec.sealing is not None:
        return own_descriptor(spec.sealing)
    return None if spec.ram is None else str(spec.ram)
