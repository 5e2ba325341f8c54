"""Processes told apart from others that came to have the same number."""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import suppress
from pathlib import Path

from attrs import frozen

START_FIELD = 19
"""Of `/proc/PID/stat` behind the name: when the process started, in clock ticks since boot."""


def started(pid: int) -> int | None:
    """When a process started, in clock ticks since the host's boot; None: there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else int(fields[START_FIELD])


@frozen
class Identity:
    """One process for all time: its number and its start."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> Identity | None:
        """Of a running process; None: there is none."""
        moment = started(pid)
        return None if moment is None else cls(pid, moment)

    @property
    def alive(self) -> bool:
        return started(self.pid) == self.started

    def end(self, seconds: float, number: int = signal.SIGKILL) -> bool:
        """Send it a signal and wait until it has ended; False if it has not after ``seconds``."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            if not self.alive:  # asked once the handle is held: it cannot become another
                return True
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, number)
            return _ended(handle, seconds)
        finally:
            os.close(handle)

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended; False if it has not after ``seconds``."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            return not self.alive or _ended(handle, seconds)
        finally:
            os.close(handle)


def _ended(handle: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if poll.poll(left * 1000):
            return True
    return False
