"""The plan: everything about a mesh that follows from its topology alone. Pure values, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network

from attrs import frozen

from meshkernel.topology.model import Service, Topology

CALL_PORT = 7000
"""TCP port on which every service answers calls."""


MTU = 9000
"""Bytes of the largest IP packet on a wire of the mesh: its machines are told by their devices, and
the gateway (`network/native/gateway.c`) sends none that is larger.
"""


def mac_of(address: IPv4Address) -> str:
    """The MAC of the port with this address: the neighbour tables of a mesh need no more."""
    return ":".join(f"{byte:02x}" for byte in (0x02, 0x6B, *address.packed))


@frozen
class Replica:
    """One of the machines that run a service.

    Attributes:
        service: which they run.
        number: from 1.
        name: the service's own where there is one machine, else ``search-1``, ``search-2``, ...
        address: in the mesh.
        sleep: seconds without use after which its machine ends, until somebody calls; None: never.
    """

    service: str
    number: int
    name: str
    address: IPv4Address
    sleep: float | None = None

    @property
    def mac(self) -> str:
        return mac_of(self.address)


@frozen
class Peer:
    """The other end of a link, as the caller sees it.

    Attributes:
        name: of the service.
        addresses: of the replicas that always run; of the first, where none does.
        timeout: seconds.
    """

    name: str
    addresses: tuple[IPv4Address, ...]
    timeout: float

    @property
    def address(self) -> IPv4Address:
        """Of the first replica."""
        return self.addresses[0]


@frozen
class Way:
    """A way out of the mesh, as the service sees it and as the host does.

    Attributes:
        name: what the service calls the place.
        address: of the place, for the machine.
        port: the port there.
        host, host_port: what the gateway connects to.
    """

    name: str
    address: IPv4Address
    port: int
    host: str
    host_port: int

    @property
    def place(self) -> tuple[str, IPv4Address]:
        """Name and address, which ways to several ports of a place share."""
        return self.name, self.address

    @property
    def is_named(self) -> bool:
        """Whether the machine has to be told its address."""
        return self.name != str(self.address)


@frozen
class ServicePlan:
    """One service: where its replicas are, as many as there may be, whom it may call, who may call
    it.
    """

    service: Service
    replicas: tuple[Replica, ...]
    generation: int
    peers: tuple[Peer, ...]
    callers: tuple[str, ...]
    ways: tuple[Way, ...] = ()

    @property
    def name(self) -> str:
        return self.service.name

    @property
    def address(self) -> IPv4Address:
        """Of the first replica."""
        return self.replicas[0].address

    @property
    def sleeps(self) -> bool:
        """Whether its machines come and go with those who use them."""
        return any(replica.sleep is not None for replica in self.replicas)

    @property
    def mac(self) -> str:
        """Of the first replica."""
        return self.replicas[0].mac


@frozen
class Plan:
    """A mesh. ``services`` is in start order: those that are called come before their callers.
    ``release``: its images have no way to look into a service.
    """

    topology: Topology
    network: IPv4Network
    gateway: IPv4Address
    services: Mapping[str, ServicePlan]
    generations: tuple[tuple[str, ...], ...]
    links: tuple[tuple[str, str], ...]
    release: bool = False

    def of(self, replica: str) -> ServicePlan:
        """The service of a replica, by the replica's name."""
        return self.services[self.replicas[replica].service]

    @cached_property
    def replicas(self) -> Mapping[str, Replica]:
        """Every machine that there may be, by its name, in start order."""
        return {each.name: each for service in self.services.values() for each in service.replicas}
