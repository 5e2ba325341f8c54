"""What QEMU is told about one machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

from meshkernel.topology.model import Accel

MIB = 1 << 20

MACHINE = "microvm,x-option-roms=off,pit=on,pic=off,rtc=off,isa-serial=on,acpi=off"
"""A machine without firmware tables or a PCI bus: what it has is on the kernel's command line."""

SANDBOX = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"


@frozen
class MachineSpec:
    """One machine to be.

    Attributes:
        name: shown in messages and in the process's title.
        image: what it boots.
        boot: the boot configuration without ``seed``, ``wall`` and secrets.
        memory: bytes.
        accel: what executes its instructions; never ``auto``.
        mac: of its network device, if it has one.
        secrets: environment variables that are on no disk and on no command line.
    """

    name: str
    image: Path
    boot: str
    memory: int
    accel: Accel = Accel.TCG
    mac: str | None = None
    secrets: Mapping[str, str] = field(factory=dict, repr=False)

    @property
    def memory_mb(self) -> int:
        """Memory in MiB, as QEMU takes it."""
        return -(-self.memory // MIB)


@frozen
class Descriptors:
    """Open file descriptors that QEMU inherits."""

    serial: int
    control: int
    qmp: int
    boot: int
    network: int | None = None


def arguments(program: Path, spec: MachineSpec, descriptors: Descriptors) -> list[str]:
    """The command line of QEMU: it names no secret and no socket that others could open."""
    accel, cpu = {
        Accel.TCG: ("tcg", "max"),
        Accel.KVM: ("kvm", "host,migratable=off"),
    }[spec.accel]
    return [
        str(program),
        *("-name", f"meshkernel-{spec.name}"),
        *("-nodefaults", "-no-user-config", "-no-reboot"),
        *("-display", "none"),
        *("-sandbox", SANDBOX),
        *("-M", MACHINE),
        *("-accel", accel, "-cpu", cpu, "-smp", "1", "-m", f"{spec.memory_mb}M"),
        *("-kernel", str(spec.image)),
        *("-initrd", f"/proc/self/fd/{descriptors.boot}"),
        *("-chardev", f"socket,id=serial,fd={descriptors.serial}", "-serial", "chardev:serial"),
        *("-chardev", f"socket,id=qmp,fd={descriptors.qmp}", "-mon", "chardev=qmp,mode=control"),
        *("-global", "virtio-mmio.force-legacy=false"),
        *("-chardev", f"socket,id=control,fd={descriptors.control}"),
        *("-device", "virtio-serial-device,max_ports=1", "-device", "virtconsole,chardev=control"),
        *("-device", "virtio-rng-device"),
        *_network(spec, descriptors),
    ]


def _network(spec: MachineSpec, descriptors: Descriptors) -> list[str]:
    if descriptors.network is None:
        return []
    return [
        "-netdev",
        f"stream,id=net,server=off,addr.type=fd,addr.str={descriptors.network}",
        "-device",
        f"virtio-net-device,netdev=net,mac={spec.mac}",
    ]
