"""What QEMU is told about one machine: `machine.args.j2`, and what it is filled with.

The file in ``build/<service>/`` has placeholders, such as ``<serial>``, for what exists only when a
machine runs; `machine/` renders the same template with the descriptors in their places.
"""

from __future__ import annotations

from attrs import frozen

from meshkernel.plan.model import Plan, ServicePlan
from meshkernel.topology.model import Accel

MIB = 1 << 20

BOARD = "microvm,x-option-roms=off,pit=on,pic=off,rtc=off,isa-serial=on,acpi=off"
"""A machine without firmware tables or a PCI bus: what it has is on the kernel's command line."""

SANDBOX = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"

CPUS = {Accel.TCG: "max", Accel.KVM: "host,migratable=off", Accel.AUTO: "<cpu>"}


@frozen
class MachineValues:
    """What the template is filled with.

    Attributes:
        name: of the service.
        image: the path of what it boots.
        memory: bytes.
        accel: what executes its instructions.
        mac: of its network device, if it has one.
        boot, serial, control, qmp, network: numbers of open descriptors, or placeholders.
    """

    name: str
    image: str
    memory: int
    accel: Accel
    mac: str | None = None
    boot: str = "<boot>"
    serial: str = "<serial>"
    control: str = "<control>"
    qmp: str = "<qmp>"
    network: str = "<network>"
    board: str = BOARD
    sandbox: str = SANDBOX

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
        """The model that goes with the accelerator."""
        return CPUS[self.accel]


def planned_machine(plan: Plan, service: ServicePlan) -> MachineValues:
    """What is known of a service's machine before it runs."""
    return MachineValues(
        name=service.name,
        image="image.elf",
        memory=service.service.memory,
        accel=plan.topology.accel,
        mac=str(service.mac),
    )


def words(text: str) -> list[str]:
    """The arguments in a rendered template: an option, or an option and its value, on each line."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [word for line in lines for word in line.split(" ", 1)]
