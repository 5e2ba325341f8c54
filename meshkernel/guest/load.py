"""Telling the supervisor how busy the service is, where its replicas follow that.

While a call runs there is a report now and then, and a last one of no calls behind it; a service
that rests says nothing, and no timer runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class LoadMeter:
    """Calls ``tell`` with the calls that were under way on average, each so many seconds."""

    def __init__(self, seconds: float, tell: Callable[[float], None]) -> None:
        self._seconds = seconds
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._running = 0
        self._area = 0.0  # calls times seconds, since the last report
        self._reported = self._noted = 0.0  # by the loop's clock
        self._timer: asyncio.TimerHandle | None = None

    def count(self, change: int) -> None:
        """A call has begun (1) or ended (-1)."""
        now = self._loop.time()
        if self._timer is None:
            self._reported, self._area = now, 0.0
            self._timer = self._loop.call_later(self._seconds, self._report)
        else:
            self._area += self._running * (now - self._noted)
        self._noted = now
        self._running += change

    def stop(self) -> None:
        """Tell nobody any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _report(self) -> None:
        now = self._loop.time()
        self._area += self._running * (now - self._noted)
        rested = not (self._area or self._running)
        self._tell(round(self._area / (now - self._reported), 3))
        self._reported, self._noted, self._area = now, now, 0.0
        self._timer = None if rested else self._loop.call_later(self._seconds, self._report)
