"""How many replicas a service needs for its load, with hysteresis.

More are started at once: as many as it takes for each to have no more than ``target_calls`` calls
under way, and a tenth above that is let pass. Fewer run only when fewer were enough for all of
``cooldown``: so a load that comes and goes, and one that is just at the edge, starts and stops
nothing.
"""

from __future__ import annotations

import math
from collections import deque

from meshkernel.topology.model import Replicas

TOLERANCE = 1.1
"""Calls of a replica, as a part of its target, up to which no other one is started."""


class Scaling:
    """Decides for one service; ``now`` is any clock, in seconds."""

    def __init__(self, limits: Replicas) -> None:
        self._least = max(limits.least, 1)  # the first one sleeps by itself
        self._limits = limits
        self._steps: deque[tuple[float, int]] = deque()  # since when so many are enough

    def note(self, now: float, load: float) -> None:
        """So many calls are under way in all replicas."""
        enough = math.ceil(load / (self._limits.target_calls * TOLERANCE) - 1e-9)
        enough = min(max(enough, self._least), self._limits.most)
        if not self._steps or self._steps[-1][1] != enough:
            self._steps.append((now, enough))

    def wanted(self, now: float, current: int) -> int:
        """How many should run, where ``current`` do."""
        since = now - self._limits.cooldown
        while len(self._steps) > 1 and self._steps[1][0] <= since:
            self._steps.popleft()
        if not self._steps:
            return current
        if self._steps[0][0] > since:  # nothing is known of all that time
            return max(current, self._steps[-1][1])
        if self._steps[-1][1] > current:
            return self._steps[-1][1]
        return min(current, max(enough for _, enough in self._steps))
