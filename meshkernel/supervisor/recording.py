"""A host on which one service has every library, and tells what it uses: ``meshkernel profile``."""

from __future__ import annotations

from attrs import define, evolve, field

from meshkernel.config.selection import Profile
from meshkernel.machine.arguments import MachineSpec
from meshkernel.machine.channel import OnTrace
from meshkernel.machine.volumes import Volumes
from meshkernel.plan.model import Plan
from meshkernel.supervisor.host import RealHost
from meshkernel.trace.table import request
from meshkernel.trace.used import Used


@define
class RecordingHost(RealHost):
    """This computer; what the service uses is recorded over all of its starts.

    Attributes:
        service: its name.
        used: what it has used so far.
    """

    service: str = ""
    used: Used = field(factory=Used)

    @property
    def everything(self) -> frozenset[str]:
        return frozenset({self.service})

    def spec(self, plan: Plan, name: str, opened: Volumes | None = None) -> MachineSpec:
        """The machine of a service; that of the one is traced from its first call on."""
        spec = super().spec(plan, name, opened)
        return (
            evolve(spec, trace=request(once=True))
            if plan.replicas[name].service == self.service
            else spec
        )

    def on_trace(self, name: str) -> OnTrace | None:
        return self.used.feed if name == self.service else None

    @property
    def profile(self) -> Profile:
        """What was recorded."""
        return Profile(self.used.syscalls, self.used.files, self.used.sockets)
