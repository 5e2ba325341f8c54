"""Addresses that follow from names alone, so that they stay the same from run to run.

A service that is added moves another one only if both fall on the same address: the one whose name
sorts later goes to the next free one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from hashlib import sha256
from ipaddress import IPv4Address, IPv4Network

PREFIX = 16
FIRST_HOST, LAST_HOST = 2, 65534
"""Of a mesh's network: .0.0 names the network, .0.1 is the gateway, .255.255 is for broadcasts."""


def network_of(mesh: str) -> IPv4Network:
    """The network of a mesh: one of the 256 of 10.0.0.0/8."""
    return IPv4Network((bytes((10, _hash(mesh) % 256, 0, 0)), PREFIX))


def gateway_of(network: IPv4Network) -> IPv4Address:
    """Where the ways in and out of a mesh are."""
    return network[1]


def allocate(
    mesh: str,
    services: Iterable[str],
    places: Iterable[str] = (),
    replicas: Iterable[str] = (),
) -> dict[str, IPv4Address]:
    """An address for each service, each place outside, and each further replica of a service.

    A place moves no service, and a further replica neither: services choose first, places next.
    """
    taken: set[IPv4Address] = set()
    addresses = {}
    for name in (*sorted(services), *sorted(places), *sorted(replicas)):
        addresses[name] = another(mesh, name, taken)
        taken.add(addresses[name])
    return addresses


def another(mesh: str, name: str, taken: Collection[IPv4Address]) -> IPv4Address:
    """An address for one more name, where these are taken."""
    network = network_of(mesh)
    count = LAST_HOST - FIRST_HOST + 1
    at = _hash(f"{mesh}/{name}") % count
    while network[FIRST_HOST + at] in taken:
        at = (at + 1) % count
    return network[FIRST_HOST + at]


def _hash(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:8])
