"""The values that a ``topology.toml`` is parsed into. Inner code trusts them: they are checked."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from attrs import field, frozen

from meshkernel.topology.libos import LibosWishes


class Accel(StrEnum):
    """What executes a machine's instructions."""

    AUTO = "auto"
    KVM = "kvm"
    TCG = "tcg"


@frozen
class Expose:
    """A way in from outside: a port of the host that the gateway forwards to a port of the
    service.
    """

    host: int
    port: int
    address: str = "127.0.0.1"


@frozen
class Mount:
    """A volume at a path of a service.

    Attributes:
        path: absolute, in the machine.
        volume: its name, which services of a mesh may share for reading.
        read_only: the service cannot change it.
    """

    path: str
    volume: str
    read_only: bool = False

    @property
    def access(self) -> str:
        """As the boot configuration has it."""
        return "ro" if self.read_only else "rw"


@frozen
class Egress:
    """A way out: a server of the host's network.

    Attributes:
        name: of the place, inside the mesh: what a program connects to.
        port: the port there.
        host: what the host of the mesh knows it by: a name, or an address.
        host_port: the port there.
        line: where it is declared.
    """

    name: str
    port: int
    host: str
    host_port: int
    line: int = 0


@frozen
class Replicas:
    """How many machines run a service at a time.

    Attributes:
        least: so many always run; 0: the first call starts one.
        most: more than that never do.
        target_calls: where the two differ, how many calls at a time each replica should have.
        cooldown: seconds of less load before a replica is stopped.
    """

    least: int = 1
    most: int = 1
    target_calls: int = 20
    cooldown: float = 30.0

    @property
    def vary(self) -> bool:
        """Whether their number follows the load."""
        return self.least != self.most


@frozen
class Service:
    """One service as declared: exactly one of ``module`` and ``asgi`` is set."""

    name: str
    line: int
    module: str | None = None
    asgi: str | None = None
    memory: int = 64 << 20  # bytes
    env: Mapping[str, str] = field(factory=dict)
    secrets: tuple[str, ...] = ()
    expose: tuple[Expose, ...] = ()
    egress: tuple[Egress, ...] = ()
    volumes: tuple[Mount, ...] = ()  # sorted by path
    warm: bool = False  # its image is sealed behind its import
    reseal: float | None = None  # seconds for which a seal is good; None: until something changes
    sleep: float | None = None  # seconds without use after which it sleeps; None: never
    replicas: Replicas = field(factory=Replicas)
    libos: LibosWishes = field(factory=LibosWishes)


def replica_names(service: Service) -> tuple[str, ...]:
    """The names of a service's machines: its own where it has one, else ``search-1`` and so on."""
    if service.replicas.most == 1:
        return (service.name,)
    return tuple(f"{service.name}-{number + 1}" for number in range(service.replicas.most))


@frozen
class Link:
    """``source`` may open connections to ``target``; ``timeout`` in seconds is for each call."""

    source: str
    target: str
    line: int
    timeout: float = 10.0


@frozen
class Topology:
    """One ``topology.toml``.

    Attributes:
        root: its folder: modules are found from there.
        standby: so many QEMUs are started before a machine needs them.
    """

    path: Path
    name: str
    services: Mapping[str, Service]
    links: tuple[Link, ...]
    accel: Accel = Accel.AUTO
    standby: int = 0

    @property
    def root(self) -> Path:
        return self.path.parent
