"""One service: its machine is started, watched, started again when it ends, and stopped."""

from __future__ import annotations

import asyncio
import math
import signal
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from meshkernel.errors import MachineError, MeshkernelError, SupervisorError
from meshkernel.supervisor.backoff import Backoff
from meshkernel.supervisor.crash import Reports
from meshkernel.supervisor.logbook import LogBook
from meshkernel.supervisor.seams import Launcher, RunningMachine
from meshkernel.supervisor.state import Lifecycle, State

START_TIMEOUT = 120.0
"""Seconds from the machine's start to ``ready``."""

PING_EVERY = 10.0
"""Seconds between two pings: rare, so that an idle mesh stays idle."""

SILENT_AFTER = 60.0
"""Seconds without an answer to a ping after which a service hangs: it is ended and restarted."""

LAST_WORDS = 5.0
"""Seconds that a service which hangs has to say where."""

LONGEST_LINE = 1 << 14
"""Bytes of the console without an end of line that are held back."""

DAY = 86400.0
"""Seconds that a service's clock may be ahead of the host's in a log record."""

GRACE = 5.0
"""Seconds that a service has to stop."""


class Runner:
    """The supervisor's view of one service.

    Attributes:
        pid: of the machine's process, while there is one.
        boot_ms: from the machine's start to ``ready``, of the last start.
        restarts: how often the service was started again.
        reason: why it ended the last time, as a sentence, or None.
        report: the crash report of that.
        methods, port: as the service announced them.
        on_shell: called with what its shells say.
    """

    def __init__(
        self,
        name: str,
        launcher: Launcher,
        logs: LogBook,
        changed: Callable[[Runner], None],
        reports: Reports | None = None,
    ) -> None:
        self.name = name
        self.pid: int | None = None
        self.boot_ms: int | None = None
        self.restarts = 0
        self.reason: str | None = None
        self.report: Path | None = None
        self.methods: tuple[str, ...] = ()
        self.port: int | None = None
        self.on_shell: Callable[[dict[str, Any]], None] | None = None
        self._excuses = 0
        self._launcher = launcher
        self._logs = logs
        self._changed = changed
        self._reports = reports
        self._life = Lifecycle(self._entered)
        self._backoff = Backoff()
        self._machine: RunningMachine | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._wakers: set[asyncio.Future[None]] = set()
        self._failure: str | None = None  # what the service itself said
        self._partial = b""  # of the console: a line that has not ended
        self._launched = 0.0  # monotonic
        self._ready_at: float | None = None  # monotonic
        self._heard = 0.0  # monotonic: the last answer to a ping
        self._once_ready = False

    @property
    def state(self) -> State:
        return self._life.state

    @property
    def machine(self) -> RunningMachine:
        """The machine that runs; SupervisorError if there is none."""
        if self._machine is None:
            raise SupervisorError(f"{self.name} has no machine: it is {self.state}")
        return self._machine

    async def start(self) -> None:
        """Start the service and wait until it is ready.

        Raises:
            MachineError: it ended, or could not be started, before it was ever ready.
        """
        if self._task is None or self._task.done():
            self._stopping.clear()
            self._backoff.reset()
            self._once_ready = False
            self._life.enter(State.STARTING)
            self._task = asyncio.create_task(self._live(), name=f"service {self.name}")
        await self.reached(State.RUNNING, State.FAILED, State.STOPPED)
        if self.state is not State.RUNNING:
            raise MachineError(self.reason or f"{self.name} was stopped while it started")

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
            await self._ask_to_stop(grace)
        if self._task is not None:
            await asyncio.wait({self._task})
            self._task.result()
        if self.state is not State.STOPPED:
            self._life.enter(State.STOPPED)

    def excuse(self, count: int) -> None:
        """One reason more (1) or less (-1) for the service not to answer pings."""
        self._excuses += count
        self._heard = time.monotonic()

    def kill(self) -> bool:
        """End the machine at once, as if it had crashed; False if there is none."""
        if self._machine is None:
            return False
        self._machine.kill()
        return True

    async def _ask_to_stop(self, grace: float) -> None:
        machine = self._machine
        if machine is None:  # its process is being made: _watch ends it
            return
        try:
            async with asyncio.timeout(grace):
                if self._ready_at is not None:
                    with suppress(MachineError):  # it has ended by itself
                        # In this order: the runtime knows of the grace when the signal comes.
                        await machine.send({"type": "stop", "grace": grace})
                        await machine.signal(signal.SIGTERM)
                    await machine.wait()
        except TimeoutError:
            self._note(f"did not stop within {grace:g} s, and is ended")
        machine.kill()

    def _entered(self, state: State) -> None:  # noqa: ARG002 - the listener looks for itself
        for waker in self._wakers:
            if not waker.done():
                waker.set_result(None)
        self._changed(self)

    def _note(self, text: str) -> None:
        self._logs.add(self.name, f"meshkernel: {text}", time.time())

    async def _live(self) -> None:
        while True:
            reason = await self._run_once()
            if self._stopping.is_set():
                return
            self.reason = reason
            wait = self._backoff.after(self._seconds_ready()) if self._once_ready else None
            if wait is None:
                self._note(f"{reason}; not started again")
                self._life.enter(State.FAILED)
                return
            self._note(f"{reason}; started again in {wait:g} s")
            self._life.enter(State.RESTARTING)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._stopping.wait()
            if self._stopping.is_set():
                return
            self.restarts += 1
            self._life.enter(State.STARTING)

    def _seconds_ready(self) -> float:
        return time.monotonic() - self._ready_at if self._ready_at is not None else 0.0

    async def _run_once(self) -> str:
        """One machine from start to end; returns why it ended."""
        self._failure = None
        self._ready_at = None
        self._launched = time.monotonic()
        try:
            async with self._launcher.launch(
                self.name, self._message, self._console
            ) as self._machine:
                self.pid = self._machine.pid
                self._changed(self)
                reason = await self._watch(self._machine)
                self._flush()
                if not self._stopping.is_set():
                    with suppress(OSError):  # a full disk: it is started again all the same
                        self._report(self._machine, reason)
                return reason
        except (MeshkernelError, OSError) as error:
            return str(error)
        except Exception as error:  # our own fault: told, and the service does not hang in between
            self._note("".join(traceback.format_exception(error)).rstrip())
            return f"{self.name} could not be run: {type(error).__name__}: {error}"
        finally:
            self._machine = self.pid = None
            self._flush()

    async def _watch(self, machine: RunningMachine) -> str:
        """Wait for the machine's end, which a service that hangs is brought to."""
        if self._stopping.is_set():
            machine.kill()
        end = asyncio.create_task(machine.wait())
        guard = asyncio.create_task(self._guard(machine))
        try:
            await asyncio.wait({end, guard}, return_when=asyncio.FIRST_COMPLETED)
            hung = None
            if not end.done():
                hung = guard.result()
                await self._end_hung(machine)
            how = f"{self.name} {(await end).sentence}"
        finally:
            end.cancel()
            guard.cancel()
            await asyncio.gather(end, guard, return_exceptions=True)
        return hung or self._failure or how

    async def _end_hung(self, machine: RunningMachine) -> None:
        """End a machine that does not answer, but let it say first where it is."""
        with suppress(MachineError, TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                await machine.interrupt()
                await machine.wait()
        machine.kill()

    def _report(self, machine: RunningMachine, reason: str) -> None:
        """Write a crash report, if there is a place for it."""
        if self._reports is None:
            return
        now = time.monotonic()
        ready = None if self._ready_at is None else now - self._ready_at
        uptime = now - self._launched
        self.report = self._reports.write(self.name, machine, reason, uptime=uptime, ready=ready)
        self._note(f"its crash report: {self.report}")

    async def _guard(self, machine: RunningMachine) -> str:
        """Ping the service from time to time; returns only when it does not answer."""
        try:
            async with asyncio.timeout(START_TIMEOUT):
                await self.reached(State.RUNNING, State.STOPPING)
        except TimeoutError:
            return f"{self.name} was not ready within {START_TIMEOUT:g} s"
        self._heard = time.monotonic()
        number = 0
        while self._excuses or time.monotonic() - self._heard < SILENT_AFTER:
            number += 1
            # An ended machine: its wait says so. One that reads nothing: it does not answer.
            with suppress(MachineError, TimeoutError):
                async with asyncio.timeout(PING_EVERY):
                    await machine.send({"type": "ping", "id": number})
            await asyncio.sleep(PING_EVERY)
        return f"{self.name} did not answer for {SILENT_AFTER:g} s"

    def _console(self, data: bytes) -> None:
        *lines, self._partial = (self._partial + data).split(b"\n")
        for line in lines:
            self._say(line)
        if len(self._partial) > LONGEST_LINE:
            self._flush()

    def _flush(self) -> None:
        """Note what was written without an end of line."""
        if self._partial:
            self._say(self._partial)
            self._partial = b""

    def _say(self, line: bytes) -> None:
        self._logs.add(self.name, line.decode(errors="replace").rstrip("\r"), time.time())

    def _message(self, message: dict[str, Any]) -> None:
        match message:
            case {"type": "ready", "methods": list(names), "port": None | int() as port} if all(
                isinstance(name, str) for name in names
            ):
                self._ready(names, port)
            case {"type": "failed", "message": str(text)}:
                self._failure = f"{self.name} failed to start: {text}"
            case {"type": "log", "message": str(text)}:
                level, logger = message.get("level", "INFO"), message.get("logger", "root")
                self._logs.add(self.name, f"{level} {logger}: {text}", _moment(message.get("time")))
            case {"type": "pong"}:
                self._heard = time.monotonic()
            case {"type": "shell"} if self.on_shell is not None:
                self.on_shell(message)
            case {"type": "stopped"}:
                pass  # the machine ends next
            case _:
                self._note(f"a message is not understood: {str(message)[:200]}")

    def _ready(self, methods: list[str], port: int | None) -> None:
        if self.state is not State.STARTING:  # it is being stopped
            return
        self._ready_at = time.monotonic()
        self._once_ready = True
        self.boot_ms = round((self._ready_at - self._launched) * 1000)
        self.methods = tuple(methods)
        self.port = port
        self._life.enter(State.RUNNING)


def _moment(claimed: Any) -> float:
    """Seconds since 1970 of a record: by the service's own account if that is a time at all."""
    now = time.time()
    if isinstance(claimed, int | float) and math.isfinite(claimed) and 0 <= claimed <= now + DAY:
        return float(claimed)
    return now
