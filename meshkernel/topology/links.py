"""The ``[[links]]`` of a topology."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from meshkernel.topology.faults import Faults, nearest, told
from meshkernel.topology.model import Link
from meshkernel.topology.positions import KeyPath

KEYS = {"from", "to", "timeout"}
LATER = {"retries", "delay", "port"}
TIMEOUT = 10.0
"""Seconds, where a link names none."""

_EXAMPLE = '[[links]] with from = "cart" and to = "catalog"'


def read_links(
    document: Mapping[str, Any], faults: Faults, services: Collection[str]
) -> tuple[Link, ...]:
    """Every link that is declared, without those that have faults."""
    entries = faults.typed(document, (), "links", list, _EXAMPLE) or []
    links: dict[tuple[str, str], Link] = {}
    for index, entry in enumerate(entries):
        path: KeyPath = ("links", index)
        if not isinstance(entry, dict):
            faults.add(path, f"{told(entry)} where a table belongs", f"write {_EXAMPLE}")
            continue
        link = _read_link(entry, path, faults, services)
        if link is None:
            continue
        pair = (link.source, link.target)
        if pair in links:
            first = links[pair].line
            what = f"the link from {link.source} to {link.target} is in line {first} already"
            faults.add(path, what, "leave one out")
        links.setdefault(pair, link)
    return tuple(links.values())


def _read_link(
    entry: Mapping[str, Any], path: KeyPath, faults: Faults, services: Collection[str]
) -> Link | None:
    faults.unknown(entry, path, KEYS, LATER)
    source = _read_end(entry, path, "from", faults, services)
    target = _read_end(entry, path, "to", faults, services)
    timeout = faults.duration(entry, path, "timeout", "500ms", "2s", "1m") or TIMEOUT
    if source is None or target is None:
        return None
    if source == target:
        what = f"a link from {source} to itself"
        faults.add(path, what, "leave it out: a service calls its own functions directly")
        return None
    return Link(source=source, target=target, line=faults.line(path), timeout=timeout)


def _read_end(
    entry: Mapping[str, Any],
    path: KeyPath,
    key: str,
    faults: Faults,
    services: Collection[str],
) -> str | None:
    if key not in entry:
        faults.add(path, f"{key!r} is missing", f'add {key} = "..."')
        return None
    name = faults.typed(entry, path, key, str, "the name of a service")
    if name is not None and name not in services:
        faults.add((*path, key), f"there is no service {name!r}", nearest(name, services))
        return None
    return str(name) if name is not None else None
