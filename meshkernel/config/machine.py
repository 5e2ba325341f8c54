"""What QEMU is told about one machine: `machine.args.j2`, and what it is filled with.

The file in ``build/<service>/`` has placeholders, such as ``<serial>``, for what exists only when a
machine runs; `machine/` renders the same template with the descriptors in their places.
"""

from __future__ import annotations

from typing import Any

from attrs import frozen

from meshkernel.config.boot import volume_tag
from meshkernel.plan.model import MTU, Plan, ServicePlan
from meshkernel.topology.model import Accel

MIB = 1 << 20

BOARD = "microvm,x-option-roms=off,pit=on,pic=off,rtc=off,isa-serial=on,acpi=off"
"""A machine without firmware tables or a PCI bus: what it has is on the kernel's command line."""

SANDBOX = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"

EMULATED = "max,-erms,-fsrm"
"""All that QEMU emulates but the word that `rep movsb` is fast: there it takes ten times as long as
plain moves, and the C library would copy and clear everything large with it.
"""

CPUS = {Accel.TCG: EMULATED, Accel.KVM: "host,migratable=off", Accel.AUTO: "<cpu>"}


STANDBY_MEMORY = 64 * MIB
"""Of a machine that is told nothing else; a service's, where the topology says nothing."""

Command = tuple[str, dict[str, Any]]
"""Of QMP: its name, and its arguments."""


def own_descriptor(number: int | str) -> str:
    """Where QEMU finds the file of one of its descriptors."""
    return f"/proc/self/fd/{number}"


def setting(name: str, value: object) -> Command:
    """The command that sets a property of a machine that is to be."""
    return "qom-set", {"path": "/machine", "property": name, "value": value}


@frozen
class VolumeValues:
    """A folder of the host that a machine mounts.

    Attributes:
        tag: how the boot configuration names it.
        folder: on the host, or a placeholder.
        read_only: the machine cannot change it, whatever it asks.
    """

    tag: str
    folder: str
    read_only: bool = False

    @property
    def fsdev(self) -> str:
        """The value of QEMU's ``-fsdev``.

        mapped-xattr: modes, owners, links and what else a machine makes are kept in attributes of
        plain files, so it can make nothing that means something on the host, and it is root of its
        own files although QEMU is nobody.
        """
        path = self.folder.replace(",", ",,")
        access = ",readonly=on" if self.read_only else ""
        return (
            f"local,id={self.tag},path={path},security_model=mapped-xattr,multidevs=remap{access}"
        )


@frozen
class MachineValues:
    """What the template is filled with.

    Attributes:
        name: of the service.
        image: the path of what it boots.
        memory: bytes.
        accel: what executes its instructions.
        mac: of its network device, if it has one.
        volumes: folders of the host that it mounts.
        model: of its processor; None: the one that goes with the accelerator.
        ram: the path of the file that is its memory, if one is.
        sealing: what it does to the file is to be seen there, and it has but one device.
        standby: QEMU waits for what the machine is to be, and has the devices of one on a network.
        mtu: bytes of the largest IP packet, which its network device tells it.
        boot, serial, control, qmp, network: numbers of open descriptors, or placeholders.
    """

    name: str
    image: str
    memory: int
    accel: Accel
    mac: str | None = None
    volumes: tuple[VolumeValues, ...] = ()
    boot: str = "<boot>"
    serial: str = "<serial>"
    control: str = "<control>"
    qmp: str = "<qmp>"
    network: str = "<network>"
    model: str | None = None
    ram: str | None = None
    sealing: bool = False
    standby: bool = False
    mtu: int = MTU
    board: str = BOARD
    sandbox: str = SANDBOX

    @property
    def backend(self) -> str:
        """The value of QEMU's ``-object`` for memory that is a file."""
        path = (self.ram or "").replace(",", ",,")
        share = "on" if self.sealing else "off"
        size = f"{self.memory_mb}M"
        return f"memory-backend-file,id=ram,size={size},mem-path={path},share={share},prealloc=off"

    @property
    def initrd(self) -> str:
        """Where QEMU finds the boot configuration."""
        return own_descriptor(self.boot)

    @property
    def settings(self) -> list[Command]:
        """What a QEMU that stands by is told about this machine, as commands of QMP: what is on the
        command line of another one (``backend``, ``-m``, ``-kernel``). Memory that is mapped from a
        file is private, and not allocated before, where nothing is said.
        """
        size = self.memory_mb * MIB
        commands = [setting("kernel", self.image)]
        if size != STANDBY_MEMORY:
            commands.append(setting("memory", {"size": size}))
        if self.ram is not None:
            file = {"qom-type": "memory-backend-file", "id": "ram", "mem-path": self.ram}
            commands.append(("object-add", file | {"size": size}))
            commands.append(setting("memory-backend", "/objects/ram"))
        return commands

    @property
    def memory_mb(self) -> int:
        """Memory in MiB, as QEMU takes it."""
        return -(-self.memory // MIB)

    @property
    def accelerator(self) -> str:
        """What is chosen for the host that boots it, unless the topology says it."""
        return "<accel>" if self.accel is Accel.AUTO else self.accel.value

    @property
    def cpu(self) -> str:
        """The model of its processor."""
        return self.model or CPUS[self.accel]


def planned_machine(plan: Plan, service: ServicePlan) -> MachineValues:
    """What is known of a service's machine before it runs."""
    return MachineValues(
        name=service.name,
        image="image.elf",
        memory=service.service.memory,
        accel=plan.topology.accel,
        mac=str(service.mac),
        volumes=tuple(
            VolumeValues(volume_tag(index), f"<volumes>/{mount.volume}", mount.read_only)
            for index, mount in enumerate(service.service.volumes)
        ),
    )


def words(text: str) -> list[str]:
    """The arguments in a rendered template: an option, or an option and its value, on each line."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [word for line in lines for word in line.split(" ", 1)]
