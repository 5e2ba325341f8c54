"""The ``[mesh]`` table: what all services have in common."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from meshkernel.topology.faults import Faults, nearest
from meshkernel.topology.model import Accel
from meshkernel.topology.values import NAME

STANDBY_MOST = 64
"""QEMUs that may stand by: each is a process with some 11 MiB of its own."""


@frozen
class MeshTable:
    """What it says; see `meshkernel.topology.model.Topology`."""

    name: str
    accel: Accel
    standby: int


def read_mesh(table: Mapping[str, Any], faults: Faults, path: Path) -> MeshTable:
    """The ``[mesh]`` table of the topology at ``path``."""
    faults.unknown(table, ("mesh",), {"name", "accel", "standby"}, later={"net"})
    return MeshTable(
        _read_name(table, faults, path), _read_accel(table, faults), _read_standby(table, faults)
    )


def _read_name(table: Mapping[str, Any], faults: Faults, path: Path) -> str:
    name = faults.typed(table, ("mesh",), "name", str, 'a name such as "trips"')
    if name is None:
        return _name_of_folder(path)
    if not NAME.fullmatch(name):
        faults.add(
            ("mesh", "name"),
            f"{name!r} is not a name",
            "use up to 63 lower-case letters, digits and hyphens, beginning with a letter",
        )
    return str(name)


def _name_of_folder(path: Path) -> str:
    """A mesh without a name is called like the folder it is in."""
    name = re.sub(r"[^a-z0-9]+", "-", path.resolve().parent.name.lower()).strip("-")[:63]
    return name if NAME.fullmatch(name) else "mesh"


def _read_accel(table: Mapping[str, Any], faults: Faults) -> Accel:
    accel = faults.typed(table, ("mesh",), "accel", str, '"auto"')
    known = [str(kind) for kind in Accel]
    if accel is not None and accel not in known:
        faults.add(("mesh", "accel"), f"{accel!r} is not known", nearest(accel, known))
        accel = None
    return Accel(accel or Accel.AUTO)


def _read_standby(table: Mapping[str, Any], faults: Faults) -> int:
    count = faults.typed(table, ("mesh",), "standby", int, "standby = 2") or 0
    if 0 <= count <= STANDBY_MOST:
        return int(count)
    what = f"{count} is no number of QEMUs to stand by"
    faults.add(("mesh", "standby"), what, f"write a number from 0 to {STANDBY_MOST}")
    return 0
