"""The replicas of one service: how many are to run, and which are to be called."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Address

from meshkernel.plan.model import ServicePlan
from meshkernel.supervisor.runner import Runner
from meshkernel.supervisor.state import State

GONE = (State.PENDING, State.STOPPED)


class Replicas:
    """One service at run time.

    Attributes:
        planned: the service.
        runners: those of all replicas that there may be, by number.
        wanted: so many are to run, the first ones.
        leaving: those that are not to be called any more, since they are about to stop.
        changing: held while their number changes.
    """

    def __init__(self, planned: ServicePlan, runners: list[Runner]) -> None:
        self.planned = planned
        self.runners = runners
        self.wanted = max(planned.service.replicas.least, 1)
        self.leaving: set[Runner] = set()
        self.changing = asyncio.Lock()

    def extend(self, planned: ServicePlan, runners: list[Runner]) -> None:
        """There may be more of them than before."""
        self.planned = planned
        self.runners += runners

    @property
    def name(self) -> str:
        return self.planned.name

    @property
    def chosen(self) -> list[Runner]:
        """Those that are to run; the first one may sleep instead."""
        return self.runners[: self.wanted]

    @property
    def beyond(self) -> list[Runner]:
        """Those that are not to run."""
        return self.runners[self.wanted :]

    @property
    def shown(self) -> list[Runner]:
        """Those that somebody wants to hear of: of a service that has none, the first one."""
        beyond = [each for each in self.beyond if each.state not in GONE]
        return [*self.chosen, *beyond] or self.runners[:1]

    @property
    def called(self) -> list[Runner]:
        """Those that callers share their calls out among.

        A replica that sleeps is woken by being called. Where none is ready, callers wait for those
        that are to be.
        """
        answering = (State.RUNNING, State.ASLEEP)
        staying = [each for each in self.runners if each not in self.leaving]
        ready = [each for each in staying if each.state in answering]
        return ready or self.chosen or self.runners[:1]

    @property
    def addresses(self) -> list[IPv4Address]:
        """Of those that are called."""
        called = self.called
        pairs = zip(self.planned.replicas, self.runners, strict=True)
        return [replica.address for replica, runner in pairs if runner in called]

    @property
    def ready(self) -> Runner:
        """One that runs; where none does, the first one."""
        running = [each for each in self.runners if each.state is State.RUNNING]
        return (running or self.shown)[0]
