"""``replicas = 3``, or ``replicas = { min = 0, max = 8, target_calls = 20 }``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meshkernel.topology.faults import Faults, told
from meshkernel.topology.model import Mount, Replicas, Service, replica_names
from meshkernel.topology.positions import KeyPath

MOST = 64
"""Of one service: each of its callers holds a connection to each of them."""

KEYS = {"min", "max", "target_calls", "cooldown"}
TARGET = 20
COOLDOWN = 30.0

_EXAMPLE = "replicas = 3, or replicas = { min = 1, max = 8, target_calls = 20 }"


def read_replicas(table: Mapping[str, Any], path: KeyPath, faults: Faults) -> Replicas:
    """How many machines run the service of this table: one, where it says nothing."""
    value = table.get("replicas", 1)
    here = (*path, "replicas")
    if isinstance(value, dict):
        return _read_range(value, here, faults)
    if type(value) is not int:
        what = f"{told(value)} where a number of machines belongs"
        faults.add(here, what, f"write {_EXAMPLE}")
    elif value == 0:
        remedy = "write replicas = { min = 0, max = 1 } for a service that runs while it is called"
        faults.add(here, "a service without a machine answers nobody", remedy)
    elif _check_most(value, here, faults):
        return Replicas(value, value)
    return Replicas()


def check_volumes(
    replicas: Replicas, mounts: tuple[Mount, ...], path: KeyPath, faults: Faults
) -> None:
    """One machine writes to a volume, as two would not see each other's locks."""
    if replicas.most == 1:
        return
    for mount in mounts:
        if not mount.read_only:
            name = mount.volume
            what = f"the volume {name} is mounted for writing, which one machine may do"
            remedy = f'write {{ name = "{name}", read_only = true }}, or replicas = 1'
            faults.add((*path, "volumes", mount.path), what, remedy)


def check_sleep(replicas: Replicas, sleep: float | None, path: KeyPath, faults: Faults) -> None:
    """A service whose replicas follow the load sleeps when there is none."""
    if replicas.vary and sleep is not None:
        remedy = "leave it out; with replicas = { min = 0, ... } the service sleeps after cooldown"
        faults.add((*path, "sleep"), "its replicas follow the load already", remedy)


def check_names(services: Mapping[str, Service], faults: Faults) -> None:
    """A replica's name, such as ``search-2``, is that of nothing else in the mesh."""
    owners = {
        name: service.name
        for service in services.values()
        for name in replica_names(service)
        if name != service.name
    }
    for service in services.values():
        path = ("services", service.name)
        if service.name in owners:
            what = f"{service.name} is the name of a replica of {owners[service.name]}"
            faults.add(path, what, "choose another name for one of the services")
        for index, way in enumerate(service.egress):
            if way.name in owners:
                what = f"{way.name} is the name of a replica of {owners[way.name]}"
                remedy = "choose another name for the place outside"
                faults.add((*path, "egress", index), what, remedy)


def _read_range(table: Mapping[str, Any], here: KeyPath, faults: Faults) -> Replicas:
    faults.unknown(table, here, KEYS)
    if "max" not in table:
        faults.add(here, "'max' is missing", f"write {_EXAMPLE}")
    least = faults.typed(table, here, "min", int, "min = 1")
    most = faults.typed(table, here, "max", int, "max = 8")
    target = faults.typed(table, here, "target_calls", int, f"target_calls = {TARGET}")
    cooldown = faults.duration(table, here, "cooldown", "30s", "5m") or COOLDOWN
    if target is not None and target < 1:
        remedy = "write how many calls at a time each replica should have"
        faults.add((*here, "target_calls"), f"{target} calls keep no replica busy", remedy)
    if least is not None and least < 0:
        faults.add((*here, "min"), f"{least} is less than none", "write 0 or more")
    if most is None or not _check_most(most, (*here, "max"), faults):
        return Replicas()
    if least is not None and least > most:
        faults.add((*here, "min"), f"{least} is more than max = {most}", "exchange them")
    return Replicas(1 if least is None else least, most, target or TARGET, cooldown)


def _check_most(count: int, here: KeyPath, faults: Faults) -> bool:
    if not 1 <= count <= MOST:
        remedy = f"write a number from 1 to {MOST}"
        faults.add(here, f"{count} is no number of machines for a service", remedy)
        return False
    return True
