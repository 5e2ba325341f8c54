"""What a service says: its console and its messages, as lines of its log and as news of it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from meshkernel.supervisor.logbook import LogBook

LONGEST_LINE = 1 << 14
"""Bytes of the console without an end of line that are held back."""

DAY = 86400.0
"""Seconds that a service's clock may be ahead of the host's in a log record."""


class Hearing:
    """Listens to one service, whichever of its machines runs.

    Attributes:
        failure: why it could not start, by its own account, as a sentence; None if it did not say.
        on_shell: called with what its shells say.

    ``on_ready`` is called with its methods and its port, ``on_pong`` when it has answered a ping,
    ``on_rest`` with ``idle``, ``busy`` or ``sleeping``, ``on_load`` with how many calls were
    under way on average.
    """

    def __init__(
        self,
        name: str,
        logs: LogBook,
        *,
        on_ready: Callable[[list[str], int | None], None],
        on_pong: Callable[[], None],
        on_rest: Callable[[str], None],
        on_load: Callable[[float], None] = lambda _: None,
    ) -> None:
        self.failure: str | None = None
        self.on_shell: Callable[[dict[str, Any]], None] | None = None
        self._name = name
        self._logs = logs
        self._on_ready = on_ready
        self._on_pong = on_pong
        self._on_rest = on_rest
        self._on_load = on_load
        self._partial = b""  # of the console: a line that has not ended

    def note(self, text: str) -> None:
        """A line of the log that is the supervisor's own."""
        self._logs.add(self._name, f"meshkernel: {text}", time.time())

    def console(self, data: bytes) -> None:
        """Take what the machine wrote to its console."""
        *lines, self._partial = (self._partial + data).split(b"\n")
        for line in lines:
            self._say(line)
        if len(self._partial) > LONGEST_LINE:
            self.flush()

    def flush(self) -> None:
        """Note what was written without an end of line."""
        if self._partial:
            self._say(self._partial)
            self._partial = b""

    def message(self, message: dict[str, Any]) -> None:
        """Take a message of the service's runtime."""
        match message:
            case {"type": "ready", "methods": list(names), "port": None | int() as port} if all(
                isinstance(name, str) for name in names
            ):
                self._on_ready(names, port)
            case {"type": "failed", "message": str(text)}:
                self.failure = f"{self._name} failed to start: {text}"
            case {"type": "log", "message": str(text)}:
                level, logger = message.get("level", "INFO"), message.get("logger", "root")
                moment = _moment(message.get("time"))
                self._logs.add(self._name, f"{level} {logger}: {text}", moment)
            case {"type": "pong"}:
                self._on_pong()
            case {"type": "idle" | "busy" | "sleeping" as what}:
                self._on_rest(what)
            case {"type": "load", "calls": int() | float() as calls} if math.isfinite(calls):
                self._on_load(max(calls, 0.0))
            case {"type": "shell"} if self.on_shell is not None:
                self.on_shell(message)
            case {"type": "stopped"}:
                pass  # the machine ends next
            case _:
                self.note(f"a message is not understood: {str(message)[:200]}")

    def _say(self, line: bytes) -> None:
        self._logs.add(self._name, line.decode(errors="replace").rstrip("\r"), time.time())


def _moment(claimed: Any) -> float:
    """Seconds since 1970 of a record: by the service's own account if that is a time at all."""
    now = time.time()
    if isinstance(claimed, int | float) and math.isfinite(claimed) and 0 <= claimed <= now + DAY:
        return float(claimed)
    return now
