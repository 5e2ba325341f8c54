"""``volumes = { "/data" = "bookings" }``: folders of the host that outlive a service's machines."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import combinations
from typing import Any

from meshkernel.topology.faults import Faults, told
from meshkernel.topology.model import Mount
from meshkernel.topology.positions import KeyPath
from meshkernel.topology.values import NAME

MOST = 4
"""Of one service: QEMU's microvm has places for eight devices, and three to five are taken."""

LONGEST = 1000
TAKEN = ("/app", "/bin", "/dev", "/etc", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/usr")
"""What an image has its own files in, and what the library OS makes up."""

_EXAMPLE = '{ "/data" = "bookings" }'
_NAME_REMEDY = "use up to 63 lower-case letters, digits and hyphens, beginning with a letter"

Writers = dict[str, str]
"""The service that mounts each volume for writing."""


def read_volumes(
    table: Mapping[str, Any], path: KeyPath, faults: Faults, writers: Writers
) -> tuple[Mount, ...]:
    """The mounts of a service's table; those with faults are left out.

    Args:
        table: of the service.
        path: its key.
        faults: what is wrong is added here.
        writers: of the services before; this one's are added.
    """
    volumes = faults.typed(table, path, "volumes", dict, f"a table such as {_EXAMPLE}") or {}
    here = (*path, "volumes")
    if fault := fault_of_paths(volumes):
        faults.add(here, *fault)
    mounts = []
    for place, value in volumes.items():
        if fault := fault_of_path(place):
            faults.add((*here, place), *fault)
        mount = _read_mount(place, value, (*here, place), faults)
        if mount is not None:
            _check_writer(mount, str(path[1]), (*here, place), faults, writers)
            mounts.append(mount)
    return tuple(sorted(mounts, key=lambda mount: mount.path))


def fault_of_path(place: str) -> tuple[str, str] | None:
    """What is wrong with the path of a mount, and the remedy; None if nothing is."""
    parts = place.split("/")[1:]
    if not place.startswith("/") or len(place.encode()) > LONGEST or not place.isprintable():
        return f"{place!r} is no path for a volume", 'write one from /, such as "/data"'
    if any(part in ("", ".", "..") for part in parts):
        remedy = 'write one such as "/data", without a slash at its end and without dots'
        return f"{place!r} is no path for a volume", remedy
    if f"/{parts[0]}" in TAKEN:
        what = f"/{parts[0]} has files of the image or of the system"
        return what, 'choose one such as "/data"'
    return None


def fault_of_paths(places: Collection[str]) -> tuple[str, str] | None:
    """What is wrong with the paths of one service together, and the remedy."""
    if len(places) > MOST:
        return f"{len(places)} volumes are too many", f"use at most {MOST}"
    for outer, inner in combinations(sorted(places), 2):
        if inner == outer or inner.startswith(f"{outer}/"):
            return f"{inner} is inside of the volume at {outer}", "put it beside"
    return None


def _read_mount(place: str, value: object, here: KeyPath, faults: Faults) -> Mount | None:
    name, read_only = value, False
    if isinstance(value, dict):
        faults.unknown(value, here, {"name", "read_only"})
        read_only = faults.typed(value, here, "read_only", bool, "read_only = true") or False
        name = value.get("name")
    if not isinstance(name, str):
        remedy = 'name it: "bookings", or { name = "bookings", read_only = true }'
        faults.add(here, f"{told(value)} names no volume", remedy)
        return None
    if not NAME.fullmatch(name):
        faults.add(here, f"{name!r} is not a name for a volume", _NAME_REMEDY)
        return None
    return Mount(place, name, read_only)


def _check_writer(
    mount: Mount, service: str, here: KeyPath, faults: Faults, writers: Writers
) -> None:
    """One machine writes to a volume, as two would not see each other's locks."""
    if mount.read_only:
        return
    if mount.volume in writers:
        other = writers[mount.volume]
        who = "here already" if other == service else f"by {other} already"
        remedy = f'write {{ name = "{mount.volume}", read_only = true }}, or use another volume'
        faults.add(here, f"the volume {mount.volume} is mounted for writing {who}", remedy)
    writers.setdefault(mount.volume, service)
