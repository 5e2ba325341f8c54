"""The machines of one replica, one after the other: launched, followed to the end, reported."""

from __future__ import annotations

import asyncio
import signal
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from meshkernel.errors import MachineError, MeshkernelError
from meshkernel.supervisor.crash import Reports
from meshkernel.supervisor.hearing import Hearing
from meshkernel.supervisor.seams import Launcher, RunningMachine
from meshkernel.supervisor.watching import Watch


class Machines:
    """Runs one machine at a time.

    Attributes:
        running: the machine that runs; None: there is none.
        boot_ms: from the machine's start to ``ready``, of the last that was.
        report: the crash report of the last that ended although nobody had asked it to.

    ``changed`` is called when a machine has a process.
    """

    def __init__(
        self,
        name: str,
        launcher: Launcher,
        hearing: Hearing,
        watch: Watch,
        *,
        changed: Callable[[], None],
        reports: Reports | None,
    ) -> None:
        self.running: RunningMachine | None = None
        self.boot_ms: int | None = None
        self.report: Path | None = None
        self._name = name
        self._launcher = launcher
        self._hearing = hearing
        self._watch = watch
        self._changed = changed
        self._reports = reports
        self._launched = 0.0  # monotonic
        self._ready_at: float | None = None  # monotonic

    @property
    def seconds_ready(self) -> float:
        """For how long the one that runs, or ran last, has been ready."""
        return 0.0 if self._ready_at is None else time.monotonic() - self._ready_at

    def note_ready(self) -> None:
        """The one that runs has said so."""
        self._ready_at = time.monotonic()
        self.boot_ms = round((self._ready_at - self._launched) * 1000)

    async def run(self, is_asked_to_end: Callable[[], bool]) -> str:
        """One machine from start to end; returns why it ended, as a sentence.

        Args:
            is_asked_to_end: whether somebody has asked for it: then its end needs no report, and
                one that has just come up is ended.
        """
        self._hearing.failure = None
        self._ready_at = None
        self._launched = time.monotonic()
        try:
            async with self._launcher.launch(
                self._name, self._hearing.message, self._hearing.console
            ) as machine:
                self.running = machine
                self._changed()
                return await self._followed(machine, is_asked_to_end)
        except (MeshkernelError, OSError) as error:
            return str(error)
        except Exception as error:  # our own fault: told, and the service does not hang in between
            self._hearing.note("".join(traceback.format_exception(error)).rstrip())
            return f"{self._name} could not be run: {type(error).__name__}: {error}"
        finally:
            self.running = None
            self._hearing.flush()

    async def stop(self, grace: float) -> None:
        """Ask the one that runs to end, and end it when ``grace`` seconds are over; at once if it
        is not ready yet.
        """
        machine = self.running
        if machine is None:  # its process is being made: `run` ends it
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
            self._hearing.note(f"did not stop within {grace:g} s, and is ended")
        machine.kill()

    async def _followed(self, machine: RunningMachine, is_asked_to_end: Callable[[], bool]) -> str:
        """A machine that runs, to its end; returns why that came."""
        if is_asked_to_end():
            machine.kill()
        how, hung = await self._watch.end(machine)
        reason = hung or self._hearing.failure or how
        self._hearing.flush()
        if not (is_asked_to_end() or (await machine.wait()).needs_cold_image):
            with suppress(OSError):  # a full disk: it is started again all the same
                self._report(machine, reason)
        return reason

    def _report(self, machine: RunningMachine, reason: str) -> None:
        """Write a crash report, if there is a place for it."""
        if self._reports is None:
            return
        ready = None if self._ready_at is None else self.seconds_ready
        uptime = time.monotonic() - self._launched
        self.report = self._reports.write(self._name, machine, reason, uptime=uptime, ready=ready)
        self._hearing.note(f"its crash report: {self.report}")
