"""How long to wait before a service is started again."""

from __future__ import annotations

FIRST = 0.5
"""Seconds before the first restart; each further one waits twice as long."""

LONGEST = 30.0
"""Seconds that no wait exceeds."""

HEALTHY = 60.0
"""Seconds of running after which earlier failures are forgotten."""

ATTEMPTS = 10
"""Restarts in a row without one healthy run, after which a service has failed."""


class Backoff:
    """Counts the failures in a row of one service."""

    def __init__(self) -> None:
        self._failures = 0

    def after(self, seconds: float) -> float | None:
        """The wait after a run that was ready for so many seconds; None: give up."""
        if seconds >= HEALTHY:
            self._failures = 0
        self._failures += 1
        if self._failures > ATTEMPTS:
            return None
        return min(FIRST * 2.0 ** (self._failures - 1), LONGEST)

    def reset(self) -> None:
        """Forget all failures: someone has looked after the service."""
        self._failures = 0
