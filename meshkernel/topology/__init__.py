"""``topology.toml`` to a frozen ``Topology``; every fault with its file, line, key and remedy."""

from meshkernel.topology.model import Accel, Expose, Link, Mount, Replicas, Service, Topology
from meshkernel.topology.parser import missing_secrets, parse

__all__ = [
    "Accel",
    "Expose",
    "Link",
    "Mount",
    "Replicas",
    "Service",
    "Topology",
    "missing_secrets",
    "parse",
]
