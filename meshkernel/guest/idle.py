"""Telling the supervisor that nobody uses the service, so that it can sleep.

A user of the service (calls, web connections) says whether it is `busy` and when it was `used`
last. They are looked at by one timer that is set once for each time that the service may rest, so
a call costs nothing here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol


class Use(Protocol):
    """Something that a service is used through; ``used`` by the event loop's clock."""

    @property
    def busy(self) -> bool: ...
    @property
    def used(self) -> float: ...


class Idleness:
    """Calls ``tell`` when there was no use for so many seconds, and again after as many more."""

    def __init__(self, uses: list[Use], seconds: float, tell: Callable[[], None]) -> None:
        self._uses = uses
        self._seconds = seconds
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._begun = self._loop.time()
        self._timer = self._loop.call_later(seconds, self._look)

    @property
    def left(self) -> float:
        """Seconds until the service may sleep; 0: it may."""
        if any(use.busy for use in self._uses):
            return self._seconds
        used = max(self._begun, *(use.used for use in self._uses))
        return max(0.0, used + self._seconds - self._loop.time())

    def stop(self) -> None:
        """Tell nobody any more."""
        self._timer.cancel()

    def _look(self) -> None:
        left = self.left
        if not left:
            self._tell()
        self._timer = self._loop.call_later(left or self._seconds, self._look)
