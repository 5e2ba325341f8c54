"""The libraries for a program whose files are known: what its code asks for, and all else."""

from __future__ import annotations

from pathlib import Path

from meshkernel.config import LibrarySources
from meshkernel.config.selection import (
    Code,
    Profile,
    Selection,
    load_needs,
    profile,
    select,
    wanted,
)
from meshkernel.config.selection.wants import Facts
from meshkernel.errors import Fault, UserError
from meshkernel.plan.model import Plan, ServicePlan


def selection(
    plan: Plan, service: ServicePlan, facts: Facts, code: Code, sources: LibrarySources
) -> Selection:
    """The libraries of a service's library OS.

    Args:
        plan: of its mesh.
        service: the service.
        facts: what the topology says about it.
        code: what its code says.
        sources: all libraries.

    Raises:
        UserError: with every wish of the topology that cannot be.
    """
    recorded = _profile(plan.topology.path, service)
    asked = wanted(sources, load_needs(), facts, code, recorded)
    wishes = service.service.libos
    return select(sources, asked, wishes, file=str(plan.topology.path), service=service.name)


def _profile(topology: Path, service: ServicePlan) -> Profile | None:
    wishes = service.service.libos
    if wishes.profile is None:
        return None
    path = topology.parent / wishes.profile
    if path.is_file():
        return profile.read(path)
    key = f"services.{service.name}.libos.profile"
    remedy = f"record it: meshkernel profile {service.name}"
    what = f"there is no {wishes.profile}"
    raise UserError(Fault(what, remedy, str(topology), wishes.lines.get("profile"), key))
