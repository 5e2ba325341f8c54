"""Running the ``@every`` functions of a service.

Each has a task of its own that waits for one run to end before it looks at the clock again, so that
no two runs of a function overlap. What is due meanwhile is left out, and the rhythm is kept: a
function that takes 70 s of every 30 s runs at 30 s, 120 s, 210 s.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from typing import Any

logger = logging.getLogger("meshkernel.every")


class Schedule:
    """The functions with their seconds, in the running event loop."""

    def __init__(self, functions: list[tuple[Callable[[], Any], float]]) -> None:
        self._stopping = asyncio.Event()
        self._tasks = [
            asyncio.create_task(self._repeat(function, seconds)) for function, seconds in functions
        ]

    async def stop(self, seconds: float) -> None:
        """Begin no run any more; those that go on have so many seconds to end by themselves."""
        self._stopping.set()
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=seconds)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    async def _repeat(self, function: Callable[[], Any], seconds: float) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + seconds
        while not await self._stopped_before(due - loop.time()):
            await _run(function)
            due += seconds * max(1, math.ceil((loop.time() - due) / seconds))

    async def _stopped_before(self, seconds: float) -> bool:
        """Whether the service is asked to stop within these seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return False
        return True


async def _run(function: Callable[[], Any]) -> None:
    """One run; what it raises is logged, and the next one comes all the same."""
    name = getattr(function, "__qualname__", repr(function))
    try:
        if asyncio.iscoroutinefunction(function):
            await function()
        else:
            result = await asyncio.to_thread(function)
            if hasattr(result, "__await__"):  # of a decorated async function
                await result
    except asyncio.CancelledError:
        logger.warning("@every %s: it did not end in time and was cancelled", name)
        raise
    except Exception:
        logger.exception("@every %s failed", name)
