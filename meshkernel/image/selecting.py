"""The libraries for a program whose files are known: what its code asks for, and all else."""

from __future__ import annotations

from pathlib import Path

from attrs import define, field

from meshkernel.config import LibrarySources
from meshkernel.config.selection import (
    Code,
    Profile,
    Selection,
    Want,
    load_needs,
    profile,
    select,
    wanted,
    wanted_by,
)
from meshkernel.config.selection.wants import Facts
from meshkernel.errors import Fault, UserError
from meshkernel.plan.model import Plan, ServicePlan


@define
class Selector:
    """Selects among all libraries; what one code asks for is worked out once for all services."""

    sources: LibrarySources
    _asked: dict[int, tuple[Code, tuple[Want, ...]]] = field(factory=dict)  # by the code's identity

    def selection(self, plan: Plan, service: ServicePlan, facts: Facts, code: Code) -> Selection:
        """The libraries of a service's library OS.

        Args:
            plan: of its mesh.
            service: the service.
            facts: what the topology says about it.
            code: what its code says.

        Raises:
            UserError: with every wish of the topology that cannot be.
        """
        recorded = _profile(plan.topology.path, service)
        known = self._wanted_by(code) if recorded is None else None
        asked = wanted(self.sources, load_needs(), facts, code, profile=recorded, known=known)
        wishes, file = service.service.libos, str(plan.topology.path)
        return select(self.sources, asked, wishes, file=file, service=service.name)

    def _wanted_by(self, code: Code) -> tuple[Want, ...]:
        if id(code) not in self._asked:
            self._asked[id(code)] = (code, wanted_by(self.sources, load_needs(), code))
        return self._asked[id(code)][1]


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
