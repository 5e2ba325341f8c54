"""Lets the replicas of one service follow its load."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from meshkernel.errors import MeshkernelError
from meshkernel.supervisor.replicas import Replicas
from meshkernel.supervisor.scaling import Scaling
from meshkernel.supervisor.state import State

LOOKS = 4
"""In the time of ``cooldown``, while more replicas run than have to."""

Scale = Callable[[str, int], Awaitable[None]]


class Scaler:
    """Changes the number of replicas when those that run say how busy they are.

    Attributes:
        pinned: somebody has said how many are to run, and that holds.
    """

    def __init__(self, service: Replicas, scale: Scale) -> None:
        limits = service.planned.service.replicas
        self.pinned = False
        self._service = service
        self._scale = scale
        self._scaling = Scaling(limits)
        self._least = max(limits.least, 1)
        self._pause = limits.cooldown / LOOKS
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        for runner in service.runners:
            runner.on_load = self._loaded

    def look(self) -> None:
        """Change the number if it is to be another one."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._closed or self.pinned or self._task is not None:
            return
        wanted = self._scaling.wanted(time.monotonic(), self._service.wanted)
        if wanted != self._service.wanted:
            self._task = asyncio.create_task(self._change(wanted))
        elif wanted > self._least:
            self._timer = asyncio.get_running_loop().call_later(self._pause, self.look)

    async def close(self) -> None:
        """Change nothing any more."""
        self._closed = True
        self.look()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def _load(self) -> float:
        running = (each for each in self._service.runners if each.state is State.RUNNING)
        return sum(each.load for each in running)

    def _loaded(self) -> None:
        self._scaling.note(time.monotonic(), self._load)
        self.look()

    async def _change(self, wanted: int) -> None:
        plural = "" if wanted == 1 else "s"
        text = f"{wanted} replica{plural} from now on, for {self._load:.1f} calls at a time"
        self._service.runners[0].hearing.note(text)
        try:
            with suppress(MeshkernelError):  # the replica that does not start says why in its log
                await self._scale(self._service.name, wanted)
        finally:
            self._task = None
            self.look()
