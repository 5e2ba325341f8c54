"""All services of a mesh: started by generations, stopped in reverse."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection, Mapping
from typing import Any

from attrs import asdict, frozen

from meshkernel.errors import MachineError, SupervisorError
from meshkernel.plan.model import CALL_PORT, Plan
from meshkernel.supervisor.crash import Reports
from meshkernel.supervisor.events import Event, OnEvent, ignore
from meshkernel.supervisor.logbook import LogBook
from meshkernel.supervisor.runner import GRACE, Runner
from meshkernel.supervisor.seams import Launcher, Network
from meshkernel.supervisor.sleeping import Sleep
from meshkernel.supervisor.state import State


@frozen
class Row:
    """One service as ``meshkernel ps`` shows it.

    ``address`` is ``ip:port`` of its calls; ``summons`` says how often a caller has started it, and
    ``woken`` when that was the last time, in seconds since 1970.
    """

    service: str
    replica: int
    state: str
    pid: int | None
    address: str
    memory_mb: int
    boot_ms: int | None
    restarts: int
    image_bytes: int
    reason: str | None = None
    report: str | None = None
    summons: int = 0
    woken: float | None = None

    def as_map(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


class Mesh:
    """The services of one plan, each with its runner.

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
        self._image_bytes = image_bytes
        self._on_event = on_event
        self._notify = changed
        self._boots = asyncio.Semaphore(len(os.sched_getaffinity(0)))
        self.runners = {
            name: Runner(
                name,
                launcher,
                logs,
                self._changed,
                reports=reports,
                sleep=None if each.service.sleep is None else Sleep(name, network),
            )
            for name, each in plan.services.items()
        }

    def runner(self, service: str) -> Runner:
        """The runner of a service; SupervisorError for an unknown one."""
        if service not in self.runners:
            names = ", ".join(self.runners)
            raise SupervisorError(f"there is no service {service!r}; there are {names}")
        return self.runners[service]

    async def start(self) -> None:
        """Start every service that does not run, and return when all are ready.

        Those that sleep are ready when they are called.

        Raises:
            MachineError: one did not start; the others are left as they are.
        """
        for runner in self.runners.values():
            if runner.sleep is not None:
                runner.doze()
        for names in self.plan.generations:
            runners = [self.runners[name] for name in names]
            await _together([self._boot(each) for each in runners if each.sleep is None])

    def summon(self, service: str) -> None:
        """Somebody calls a service that sleeps."""
        self.runner(service).wake()

    async def stop(self, grace: float = GRACE) -> None:
        """Stop every service, callers before those that they call."""
        for names in reversed(self.plan.generations):
            await asyncio.gather(*(self.runners[name].stop(grace) for name in names))
        self.logs.close()

    async def start_services(self, names: Collection[str]) -> None:
        """Start these of the services, those that are called before their callers.

        Raises:
            MachineError: one did not start.
            SupervisorError: there is no such service.
        """
        wanted = {self.runner(name).name for name in names}
        for generation in self.plan.generations:
            runners = [self.runners[name] for name in generation if name in wanted]
            await _together([self._boot(runner) for runner in runners])

    async def stop_services(self, names: Collection[str], grace: float = GRACE) -> None:
        """Stop these of the services, callers before those that they call."""
        wanted = {self.runner(name).name for name in names}
        for generation in reversed(self.plan.generations):
            runners = [self.runners[name] for name in generation if name in wanted]
            await asyncio.gather(*(runner.stop(grace) for runner in runners))

    def kill(self) -> None:
        """End every machine at once; `stop` has still to be awaited."""
        for runner in self.runners.values():
            runner.kill()

    def rows(self) -> list[Row]:
        """What ``ps`` shows, in the plan's order."""
        return [self._row(runner) for runner in self.runners.values()]

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

    def _changed(self, runner: Runner) -> None:  # noqa: ARG002 - all are looked at
        self._notify()

    def _row(self, runner: Runner) -> Row:
        planned = self.plan.services[runner.name]
        return Row(
            service=runner.name,
            replica=0,
            state=str(runner.state),
            pid=runner.pid,
            address=f"{planned.address}:{runner.port or CALL_PORT}",
            memory_mb=planned.service.memory >> 20,
            boot_ms=runner.boot_ms,
            restarts=runner.restarts,
            image_bytes=self._image_bytes.get(runner.name, 0),
            reason=runner.reason,
            report=None if runner.report is None else str(runner.report),
            summons=0 if runner.sleep is None else runner.sleep.summons,
            woken=None if runner.sleep is None else runner.sleep.woken,
        )


async def _together(steps: list[Any]) -> None:
    """Run all; the first that fails ends the others, and is raised as it is."""
    tasks = [asyncio.ensure_future(step) for step in steps]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
