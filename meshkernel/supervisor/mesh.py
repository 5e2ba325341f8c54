"""All services of a mesh: started by generations, stopped in reverse."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from meshkernel.errors import MachineError, SupervisorError
from meshkernel.plan import grown
from meshkernel.plan.model import Plan, Replica
from meshkernel.supervisor.callers import Callers
from meshkernel.supervisor.crash import Reports
from meshkernel.supervisor.events import Event, OnEvent, ignore
from meshkernel.supervisor.history import History, What
from meshkernel.supervisor.logbook import LogBook
from meshkernel.supervisor.replicas import GONE, Replicas
from meshkernel.supervisor.rows import Row, row_of
from meshkernel.supervisor.runner import GRACE, Runner
from meshkernel.supervisor.scaler import Scaler
from meshkernel.supervisor.seams import Launcher, Network
from meshkernel.supervisor.sleeping import Sleep
from meshkernel.supervisor.state import State

RETIRING = 60.0
"""Seconds that a replica has to stop in when fewer are to run; half of them are its calls'."""


class Mesh:
    """The services of one plan, each replica with its runner.

    Attributes:
        services: what runs of each service, by its name, in the plan's order.
        runners: those of all replicas, by their names.
        history: what happens to them.

    ``changed`` is called after each change of a state or of a process; ``reports`` has the
    crash reports.
    """

    def __init__(
        self,
        plan: Plan,
        launcher: Launcher,
        network: Network,
        logs: LogBook,
        *,
        image_bytes: Mapping[str, int],
        on_event: OnEvent = ignore,
        changed: Callable[[], None] = lambda: None,
        reports: Reports | None = None,
    ) -> None:
        self.plan = plan
        self.logs = logs
        self.history = History()
        self._image_bytes = image_bytes
        self._on_event = on_event
        self._notify = changed
        self._boots = asyncio.Semaphore(len(os.sched_getaffinity(0)))
        self._launcher = launcher
        self._network = network
        self._reports = reports
        self.runners: dict[str, Runner] = {}
        self.services = {
            name: Replicas(each, self._runners(each.replicas))
            for name, each in plan.services.items()
        }
        self._callers = Callers(self.services, network)
        self._scalers = {
            name: Scaler(each, self._scale)
            for name, each in self.services.items()
            if each.planned.service.replicas.vary and len(each.runners) > 1
        }

    def _runners(self, replicas: Sequence[Replica]) -> list[Runner]:
        made = [
            Runner(
                each.name,
                self._launcher,
                self.logs,
                self._changed,
                happened=partial(self.history.add, service=each.service, replica=each.name),
                reports=self._reports,
                sleep=None if each.sleep is None else Sleep(each.name, self._network),
            )
            for each in replicas
        ]
        self.runners.update((runner.name, runner) for runner in made)
        return made

    def of(self, name: str) -> list[Runner]:
        """The runners of a service's replicas, or of one replica; SupervisorError for an unknown
        name.
        """
        runner = self._replica(name)
        return self._service(name).shown if runner is None else [runner]

    def runner(self, name: str) -> Runner:
        """The runner of a replica; of a service's name, that of one which runs. SupervisorError for
        an unknown one.
        """
        return self._replica(name) or self._service(name).ready

    def _replica(self, name: str) -> Runner | None:
        """The one that is named: a service's first replica is ``search-1``, even if it is called
        like the service itself.
        """
        if name in self.services:
            return None
        first = self.services.get(name.removesuffix("-1"))
        return self.runners.get(name) or (first.runners[0] if first else None)

    def _service(self, name: str) -> Replicas:
        if name not in self.services:
            names = ", ".join(self.services)
            raise SupervisorError(f"there is no service {name!r}; there are {names}")
        return self.services[name]

    async def start(self) -> None:
        """Start every service that does not run, and return when all are ready.

        Those that sleep are ready when they are called.

        Raises:
            MachineError: one did not start; the others are left as they are.
        """
        for service in self.services.values():
            for runner in service.chosen:
                if runner.sleep is not None:
                    runner.doze()
        for names in self.plan.generations:
            runners = [each for name in names for each in self.services[name].chosen]
            await _together([self._boot(each) for each in runners if each.sleep is None])

    def summon(self, replica: str) -> None:
        """Somebody calls a replica that sleeps."""
        self.runners[replica].wake()

    async def stop(self, grace: float = GRACE) -> None:
        """Stop every service, callers before those that they call."""
        for scaler in self._scalers.values():
            await scaler.close()
        for names in reversed(self.plan.generations):
            runners = [each for name in names for each in self.services[name].runners]
            await asyncio.gather(*(runner.stop(grace) for runner in runners))
        self._callers.close()
        self.logs.close()
        self.history.close()

    async def start_services(self, names: Collection[str]) -> None:
        """Start these of the services or replicas, those that are called before their callers.

        Raises:
            MachineError: one did not start.
            SupervisorError: there is no such service.
        """
        for runners in self._by_generation(names):
            await _together([self._boot(runner) for runner in runners])

    async def stop_services(self, names: Collection[str], grace: float = GRACE) -> None:
        """Stop these of the services or replicas, callers before those that they call."""
        for runners in reversed(self._by_generation(names)):
            await asyncio.gather(*(runner.stop(grace) for runner in runners))

    async def restart_services(self, names: Collection[str], grace: float = GRACE) -> None:
        """Restart these services or replicas. Replicas of a service that is named itself are
        restarted one after the other, so that the others answer; all else stops, callers first, and
        is started then.

        Raises:
            MachineError: one did not start; replicas that come behind it go on as they are.
            SupervisorError: there is no such service.
        """
        found = {name: self.of(name) for name in names}
        rolled = {name for name in found if name in self.services and len(found[name]) > 1}
        at_once = found.keys() - rolled
        await self.stop_services(at_once, grace)
        await self.start_services(at_once)
        for name in self.services:
            if name in rolled:
                await self._roll(self.services[name], grace)

    async def _roll(self, service: Replicas, grace: float) -> None:
        """Each replica is called no more before it stops, and the next one follows when it is ready
        again.
        """
        async with service.changing:
            for runner in service.chosen:
                await self._retire(service, [runner], grace)
                await self._boot(runner)

    async def scale(self, name: str, count: int | None) -> None:
        """Run so many replicas of a service from now on, or as many as its load asks for (None);
        returns when they are ready, and the others have stopped.

        Raises:
            MachineError: one did not start.
            SupervisorError: there is no such service, it cannot have so many, or its replicas do
                not follow the load.
        """
        scaler = self._scalers.get(self._service(name).name)
        if scaler is not None:
            scaler.pinned = count is not None
        if count is not None:
            await self._scale(name, count)
        elif scaler is not None:
            scaler.look()
        else:
            remedy = "write replicas = { min = 1, max = 8 } into the topology, then down and up"
            raise SupervisorError(f"the replicas of {name} do not follow its load: {remedy}")

    async def _scale(self, name: str, count: int) -> None:
        """Those that are too many are called no more from the beginning, and end their calls."""
        service = self.services[name]
        async with service.changing:
            before = service.wanted
            if count > len(service.runners):
                await self._grow(service, count)
            service.wanted = count
            if count != before:
                said = f"from {before} to {count} replicas"
                self.history.add(What.SCALED, said, service=service.name)
            self._notify()
            more = service.runners[before:count]
            for runner in more:
                if runner.sleep is not None:
                    runner.doze()
            await _together([self._boot(each) for each in more if each.sleep is None])
            await self._retire(service, service.runners[count:])

    async def _grow(self, service: Replicas, count: int) -> None:
        """Make places for more replicas than the topology asks for, until the mesh goes down."""
        try:
            plan = grown(self.plan, service.name, count)
        except ValueError as error:
            raise SupervisorError(str(error)) from error
        planned = plan.services[service.name]
        added = planned.replicas[len(service.runners) :]
        await self._network.extend(plan, added)
        self._launcher.extend(plan)
        self.logs.extend(replica.name for replica in added)
        self.plan = plan
        service.extend(planned, self._runners(added))
        self._callers.grown(service.name)

    async def _retire(
        self, service: Replicas, runners: list[Runner], grace: float = RETIRING
    ) -> None:
        """Stop replicas that nobody calls any more."""
        going = [each for each in runners if each.state not in GONE]
        service.leaving.update(going)
        try:
            await self._callers.retire(service.name, going)
            await asyncio.gather(*(runner.stop(grace) for runner in going))
        finally:
            service.leaving.difference_update(going)

    def _by_generation(self, names: Collection[str]) -> list[list[Runner]]:
        """The runners of services or replicas, in the order of starting."""
        named = [runner for name in names for runner in self.of(name)]
        return [
            [each for name in generation for each in self.services[name].runners if each in named]
            for generation in self.plan.generations
        ]

    def kill(self) -> None:
        """End every machine at once; `stop` has still to be awaited."""
        for runner in self.runners.values():
            runner.kill()

    def rows(self) -> list[Row]:
        """What ``ps`` shows, in the plan's order."""
        return [
            row_of(self.plan, runner, self._image_bytes.get(name, 0))
            for name, service in self.services.items()
            for runner in service.shown
        ]

    def pids(self) -> list[int]:
        """The processes of the machines that run."""
        return [runner.pid for runner in self.runners.values() if runner.pid is not None]

    async def _boot(self, runner: Runner) -> None:
        if runner.state is State.RUNNING:
            return
        async with self._boots:
            self._on_event(Event("boot", runner.name))
            try:
                await runner.start()
            except MachineError as error:
                error.add_note(f"its log: {self.logs.path(runner.name)}")
                if runner.report is not None:
                    error.add_note(f"its crash report: {runner.report}")
                self._on_event(Event("failed", runner.name, detail=str(error)))
                raise
        self._on_event(Event("ready", runner.name, (runner.boot_ms or 0) / 1000))

    def _changed(self, runner: Runner) -> None:
        service = self.plan.replicas[runner.name].service
        self._callers.changed(service, runner)
        self._notify()


async def _together(steps: list[Any]) -> None:
    """Run all; the first that fails ends the others, and is raised as it is."""
    tasks = [asyncio.ensure_future(step) for step in steps]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
