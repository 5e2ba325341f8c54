"""``egress = ["db.example.com:5432"]``: the servers outside that a service may reach."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from meshkernel.topology.faults import Faults, told
from meshkernel.topology.model import Egress
from meshkernel.topology.positions import KeyPath
from meshkernel.topology.values import HOST

LAST_PORT = 65535
_ENDPOINT = re.compile(r"(?:\[(?P<v6>[^\]]*)\]|(?P<host>[^:\s\[\]]+)):(?P<port>\d{1,5})")
_EXAMPLE = '"db.example.com:5432"'
_TABLE = '{ name = "db", to = "localhost:5432" }'
MULTICAST = IPv4Address("224.0.0.0")


def read_egress(
    table: Mapping[str, Any], path: KeyPath, faults: Faults, services: Collection[str]
) -> tuple[Egress, ...]:
    """The ways out of a service's table; those with faults are left out.

    Args:
        table: of the service.
        path: its key.
        faults: what is wrong is added here.
        services: the names of all: a place outside cannot have one of them.
    """
    entries = faults.typed(table, path, "egress", list, f"a list such as [{_EXAMPLE}]") or []
    found: list[Egress] = []
    for index, entry in enumerate(entries):
        here = (*path, "egress", index)
        way = _read_table(entry, here, faults) if isinstance(entry, dict) else None
        if not isinstance(entry, dict):
            way = _read_text(entry, here, faults)
        if way is None:
            continue
        if way.name in services:
            remedy = "choose another name for the place outside"
            faults.add(here, f"{way.name} is a service of this mesh", remedy)
        if any((way.name, way.port) == (other.name, other.port) for other in found):
            faults.add(here, f"{way.name}:{way.port} is named twice", "leave one out")
            continue
        found.append(way)
    return tuple(found)


def _read_text(entry: object, here: KeyPath, faults: Faults) -> Egress | None:
    """The place has the same name inside as outside."""
    target = _target(entry, here, faults)
    if target is None:
        return None
    host, port = target
    if is_own(host):
        what = f"{host} is the machine itself for a program that runs in it"
        faults.add(here, what, f"give it a name of its own: {_TABLE}")
        return None
    if isinstance(_address(host), IPv6Address):
        what = "a machine has no IPv6 beyond its links"
        faults.add(here, what, f"give it a name of its own: {_TABLE}")
        return None
    return Egress(host, port, host, port, faults.line(here))


def _read_table(entry: Mapping[str, Any], here: KeyPath, faults: Faults) -> Egress | None:
    faults.unknown(entry, here, {"name", "to", "port"})
    for key in ("name", "to"):
        if key not in entry:
            faults.add(here, f"{key!r} is missing", f"write it like {_TABLE}")
    name = faults.typed(entry, here, "name", str, 'name = "db"')
    port = faults.typed(entry, here, "port", int, "port = 5432")
    target = _target(entry["to"], (*here, "to"), faults) if "to" in entry else None
    if name is not None and (not HOST.fullmatch(name) or is_own(name) or _address(name)):
        remedy = 'use letters, digits, hyphens and dots, such as "db"'
        faults.add((*here, "name"), f"{name!r} is not a name for a place outside", remedy)
        return None
    if port is not None and not 1 <= port <= LAST_PORT:
        faults.add((*here, "port"), f"{port} is not a port", f"use one from 1 to {LAST_PORT}")
        return None
    if name is None or target is None:
        return None
    return Egress(name, port or target[1], *target, faults.line(here))


def _target(entry: object, here: KeyPath, faults: Faults) -> tuple[str, int] | None:
    """Host and port of the outside."""
    match = _ENDPOINT.fullmatch(entry) if isinstance(entry, str) else None
    if match is None:
        faults.add(here, f"{told(entry)} is no host and port", f"write it like {_EXAMPLE}")
        return None
    host, port = match["v6"] or match["host"] or "", int(match["port"])
    if not 1 <= port <= LAST_PORT:
        faults.add(here, f"{port} is not a port", f"use one from 1 to {LAST_PORT}")
        return None
    address = _address(host)
    if isinstance(address, IPv4Address) and (address >= MULTICAST or address.is_unspecified):
        faults.add(here, f"{host} is not the address of a server", f"write it like {_EXAMPLE}")
        return None
    if address is None and (match["v6"] is not None or not HOST.fullmatch(host)):
        faults.add(here, f"{host!r} is not the name of a host", f"write it like {_EXAMPLE}")
        return None
    return host, port


def is_own(host: str) -> bool:
    """Whether a program means its own machine by it."""
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
