"""One service: its machine is started, watched, started again when it ends, and stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from meshkernel.errors import MachineError, SupervisorError
from meshkernel.plan.model import CALL_PORT
from meshkernel.supervisor.backoff import Backoff
from meshkernel.supervisor.crash import Reports
from meshkernel.supervisor.hearing import Hearing
from meshkernel.supervisor.history import What
from meshkernel.supervisor.logbook import LogBook
from meshkernel.supervisor.machines import Machines
from meshkernel.supervisor.seams import Launcher, RunningMachine
from meshkernel.supervisor.sleeping import GRACE as SLEEP_GRACE
from meshkernel.supervisor.sleeping import Sleep
from meshkernel.supervisor.state import Lifecycle, State
from meshkernel.supervisor.watching import Watch

GRACE = 5.0
"""Seconds that a service has to stop."""


HAPPENINGS = {
    State.ASLEEP: What.SLEEPING,
    State.STARTING: What.STARTING,
    State.RUNNING: What.READY,
    State.STOPPING: What.STOPPING,
    State.STOPPED: What.STOPPED,
}
"""What has happened when a state is entered; of the others is told where it is known why."""


class Runner:
    """The supervisor's view of one replica of a service.

    Attributes:
        restarts: how often the service was started again.
        reason: why it ended the last time, as a sentence, or None.
        methods, port: as the service announced them.
        hearing: what it says.
        sleep: how it sleeps; None for a service that does not.
        watch: of its machines, whether they answer.
        load: how many calls it has under way, as it said last.
        on_load: called when it has said so.
    """

    def __init__(
        self,
        name: str,
        launcher: Launcher,
        logs: LogBook,
        changed: Callable[[Runner], None],
        *,
        happened: Callable[[What, str], None] = lambda *_: None,
        reports: Reports | None = None,
        sleep: Sleep | None = None,
    ) -> None:
        self.name = name
        self.restarts = 0
        self.reason: str | None = None
        self.methods: tuple[str, ...] = ()
        self.port: int | None = None
        self.sleep = sleep
        self.load = 0.0
        self.on_load: Callable[[], None] = lambda: None
        self._launcher = launcher
        self._changed = changed
        self._happened = happened
        self._life = Lifecycle(self._entered)
        self._backoff = Backoff()
        self.watch = Watch(name, lambda: self.reached(State.RUNNING, State.STOPPING))
        self.hearing = Hearing(
            name,
            logs,
            on_ready=self._ready,
            on_pong=self.watch.hear,
            on_rest=self._rest,
            on_load=self._loaded,
        )
        self._machines = Machines(
            name,
            launcher,
            self.hearing,
            self.watch,
            changed=lambda: changed(self),
            reports=reports,
        )
        self._task: asyncio.Task[None] | None = None
        self._falling: asyncio.Task[bool] | None = None
        self._attended = 0  # by those who look into its machine
        self._stopping = asyncio.Event()
        self._wakers: set[asyncio.Future[None]] = set()
        self._once_ready = False

    @property
    def state(self) -> State:
        return self._life.state

    @property
    def machine(self) -> RunningMachine:
        """The machine that runs; SupervisorError if there is none."""
        if self._machines.running is None:
            how = f"; `meshkernel start {self.name}` wakes it" if self.state is State.ASLEEP else ""
            raise SupervisorError(f"{self.name} has no machine: it is {self.state}{how}")
        return self._machines.running

    @property
    def pid(self) -> int | None:
        """Of the machine's process, while there is one."""
        machine = self._machines.running
        return None if machine is None else machine.pid

    @property
    def boot_ms(self) -> int | None:
        """From the machine's start to ``ready``, of the last start."""
        return self._machines.boot_ms

    @property
    def report(self) -> Path | None:
        """The crash report of its last machine that has one."""
        return self._machines.report

    async def start(self) -> None:
        """Start the service and wait until it is ready.

        Raises:
            MachineError: it ended, or could not be started, before it was ever ready.
        """
        if self._task is None or self._task.done():
            self._once_ready = False
            self._begin()
        elif self.sleep is not None:
            self.sleep.wanted = True  # it is just falling asleep
        await self.reached(State.RUNNING, State.FAILED, State.STOPPED)
        if self.state is not State.RUNNING:
            raise MachineError(self.reason or f"{self.name} was stopped while it started")

    def doze(self) -> None:
        """From now on a machine is started as soon as somebody calls; nothing if there is one."""
        if self.sleep is None:
            raise AssertionError(f"{self.name} does not sleep")
        if self.state in (State.PENDING, State.FAILED, State.STOPPED):
            self.sleep.hold()
            self._life.enter(State.ASLEEP)
            if self.sleep.wanted:
                self.wake()

    def wake(self) -> None:
        """Somebody calls the service: if it sleeps, its machine is started."""
        if self.sleep is None:
            return
        if self.state is State.ASLEEP:
            self.sleep.summoned()
            self._happened(What.SUMMONED, "")
            self.hearing.note("somebody calls: the machine is started")
            self._begin()
        else:
            self.sleep.wanted = True  # it may be falling asleep

    async def fall_asleep(self) -> bool:
        """Stop the machine until somebody calls; False if the service is in use, or has none."""
        machine = self._machines.running
        if self.sleep is None or machine is None or self.state is not State.RUNNING:
            return False
        if self._attended or not await self.sleep.ask(machine, self.port or CALL_PORT):
            return False
        if self.state is State.RUNNING:
            self._life.enter(State.STOPPING)
        try:
            async with asyncio.timeout(SLEEP_GRACE):
                await machine.wait()
        except TimeoutError:
            self.hearing.note(f"did not stop within {SLEEP_GRACE:g} s, and is ended")
            machine.kill()
        return True

    @contextmanager
    def attended(self) -> Iterator[None]:
        """While somebody looks into its machine, the service stays awake."""
        self._attended += 1
        try:
            yield
        finally:
            self._attended -= 1

    async def reached(self, *states: State) -> None:
        """Wait until the service is in one of these states."""
        while self.state not in states:
            waker = asyncio.get_running_loop().create_future()
            self._wakers.add(waker)
            try:
                await waker
            finally:
                self._wakers.discard(waker)

    async def stop(self, grace: float = GRACE) -> None:
        """Ask the service to stop; end its machine when ``grace`` seconds are over."""
        self._stopping.set()
        if self.state in (State.STARTING, State.RUNNING):
            self._life.enter(State.STOPPING)
        if self.state is State.STOPPING:  # or it is for longer than this already
            await self._machines.stop(grace)
        if self._task is not None:
            await asyncio.wait({self._task})
            self._task.result()
        if self.state is not State.STOPPED:
            self._life.enter(State.STOPPED)
            if self.sleep is not None:
                self.sleep.refuse()

    def kill(self) -> bool:
        """End the machine at once, as if it had crashed; False if there is none."""
        if self._machines.running is None:
            return False
        self._machines.running.kill()
        return True

    def _entered(self, before: State) -> None:
        state = self.state
        never_ran = before is State.PENDING and state is State.STOPPED
        if state in HAPPENINGS and not never_ran:
            detail = f"in {self.boot_ms} ms" if state is State.RUNNING else ""
            self._happened(HAPPENINGS[state], detail)
        for waker in self._wakers:
            if not waker.done():
                waker.set_result(None)
        self._changed(self)

    def _begin(self) -> None:
        self._stopping.clear()
        self._backoff.reset()
        self._life.enter(State.STARTING)
        self._task = asyncio.create_task(self._live(), name=f"service {self.name}")

    async def _live(self) -> None:
        """One machine after the other, until the service is stopped, sleeps or is given up."""
        while True:
            self.load = 0.0
            if self.sleep is not None:
                self.sleep.falling = False
            reason = await self._machines.run(self._is_asked_to_end)
            if self._stopping.is_set():
                return
            if self.sleep is not None and self.sleep.falling:
                self._fallen_asleep(self.sleep)
                return
            if self._launcher.turned_cold(self.name):
                self.hearing.note(f"{reason}; from now on its cold image is booted")
                self._happened(What.COLD, reason)
                continue
            self.reason = reason
            wait = self._backoff.after(self._machines.seconds_ready) if self._once_ready else None
            if self._once_ready:
                self._happened(What.CRASHED, reason)
            if wait is None:
                self._happened(What.FAILED, reason)
                self.hearing.note(f"{reason}; not started again")
                self._life.enter(State.FAILED)
                if self.sleep is not None:
                    self.sleep.refuse()
                return
            if self.sleep is not None:
                self.sleep.hold()
            self._happened(What.RESTARTING, f"in {wait:g} s")
            self.hearing.note(f"{reason}; started again in {wait:g} s")
            self._life.enter(State.RESTARTING)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._stopping.wait()
            if self._stopping.is_set():
                return
            self.restarts += 1
            self._life.enter(State.STARTING)

    def _is_asked_to_end(self) -> bool:
        return self._stopping.is_set() or (self.sleep is not None and self.sleep.falling)

    def _fallen_asleep(self, sleep: Sleep) -> None:
        self.reason = None
        self.hearing.note("asleep: nobody has called for a while")
        self._life.enter(State.ASLEEP)
        if sleep.wanted:
            self.wake()

    def _rest(self, what: str) -> None:
        """The service says that nobody uses it, or answers to being asked whether it may sleep."""
        if self.sleep is None:
            return
        if what != "idle":
            self.sleep.answered(what == "sleeping")
        elif self._falling is None or self._falling.done():
            self._falling = asyncio.create_task(self.fall_asleep(), name=f"sleep of {self.name}")

    def _loaded(self, calls: float) -> None:
        self.load = calls
        self.on_load()

    def _ready(self, methods: list[str], port: int | None) -> None:
        if self.state is not State.STARTING:  # it is being stopped
            return
        self._machines.note_ready()
        self._once_ready = True
        self.methods = tuple(methods)
        self.port = port
        self._life.enter(State.RUNNING)
        if self.sleep is not None:
            self.sleep.release()
