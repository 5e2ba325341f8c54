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
    sleep: float | None = None  # seconds without use after which it sleeps; None: never
    libos: LibosWishes = field(factory=LibosWishes)


@frozen
class Link:
    """``source`` may open connections to ``target``; ``timeout`` in seconds is for each call."""

    source: str
    target: str
    line: int
    timeout: float = 10.0


@frozen
class Topology:
    """One ``topology.toml``. ``root`` is its folder: modules are found from there."""

    path: Path
    name: str
    services: Mapping[str, Service]
    links: tuple[Link, ...]
    accel: Accel = Accel.AUTO

    @property
    def root(self) -> Path:
        return self.path.parent
