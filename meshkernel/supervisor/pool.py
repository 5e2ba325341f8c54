"""QEMUs that stand by, so that a machine's start need not wait for QEMU's own (``standby = 2``)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from meshkernel.errors import MachineError
from meshkernel.machine.arguments import MachineSpec, may_stand_by
from meshkernel.machine.standby import Standby
from meshkernel.supervisor.backoff import Backoff
from meshkernel.supervisor.events import Event, OnEvent

SETTLE = 0.25
"""Seconds behind the last start before the pool is filled again: a service that has just become
ready has callers, who need the processor."""

LONGEST = 5.0
"""Seconds after which a start counts as over: what is not ready then waits for something else."""


class Pool:
    """So many QEMUs that wait, for as long as the block runs: ``async with Pool(...) as pool``.

    Whoever starts a machine takes one, and the pool is filled again when no machine starts.
    """

    def __init__(self, count: int, start: Callable[[], Awaitable[Standby]], tell: OnEvent) -> None:
        self._count = count
        self._start = start
        self._tell = tell
        self._waiting: dict[Standby, asyncio.Task[None]] = {}  # with who watches it
        self._filling: set[asyncio.Task[None]] = set()
        self._starts = 0
        self._backoff = Backoff()
        self._timer: asyncio.TimerHandle | None = None
        self._full = asyncio.Event()
        self._closed = False

    async def __aenter__(self) -> Self:
        self._counted()
        self._fill()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        tasks = [*self._filling, *self._waiting.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(each.close() for each in self._waiting))

    @property
    def pids(self) -> list[int]:
        """The processes that wait."""
        return [each.qemu.pid for each in self._waiting]

    async def full(self) -> None:
        """Waits until as many stand by as there are to be."""
        await self._full.wait()

    async def take(self, spec: MachineSpec) -> Standby | None:
        """One that can become this machine, which is the caller's from now on; None: there is none.

        One that is just being started is waited for: it is further than a new one.
        """
        while True:
            for standby in self._waiting:
                if standby.fits(spec):
                    self._waiting.pop(standby).cancel()
                    self._counted()
                    return standby
            if self._waiting or not self._filling or not may_stand_by(spec):
                return None
            await asyncio.wait(self._filling, return_when=asyncio.FIRST_COMPLETED)

    @contextmanager
    def starting(self) -> Iterator[Callable[[], None]]:
        """While a machine starts, the pool is not filled. The start is over with the block, when
        what it gets is called, or when it has taken long.
        """
        under_way = True

        def over() -> None:
            nonlocal under_way
            if under_way:
                under_way = False
                late.cancel()
                self._starts -= 1
                self._fill_in(SETTLE)

        late = asyncio.get_running_loop().call_later(LONGEST, over)
        self._starts += 1
        try:
            yield over
        finally:
            over()

    def _fill_in(self, seconds: float) -> None:
        """Fill the pool a little later."""
        if self._closed or not self._count:
            return
        loop = asyncio.get_running_loop()
        when = loop.time() + seconds
        if self._timer is not None:
            when = max(when, self._timer.when())  # a wait after a failure is not made shorter
            self._timer.cancel()
        self._timer = loop.call_at(when, self._fill)

    def _fill(self) -> None:
        self._timer = None
        if self._starts:  # over() asks again
            return
        for _ in range(self._count - len(self._waiting) - len(self._filling)):
            task = asyncio.create_task(self._add())
            self._filling.add(task)
            task.add_done_callback(self._filling.discard)

    async def _add(self) -> None:
        try:
            standby = await self._start()
        except (MachineError, OSError) as error:
            self._lost(str(error), 0.0)
            return
        self._waiting[standby] = asyncio.create_task(self._watch(standby))
        self._counted()

    async def _watch(self, standby: Standby) -> None:
        """Replaces one that ends while it waits."""
        began = time.monotonic()
        await standby.qemu.wait()
        del self._waiting[standby]
        self._counted()
        await standby.close()
        self._lost("a QEMU that stood by has ended", time.monotonic() - began)

    def _counted(self) -> None:
        if len(self._waiting) >= self._count:
            self._full.set()
        else:
            self._full.clear()

    def _lost(self, why: str, seconds: float) -> None:
        wait = self._backoff.after(seconds)
        if wait is None:
            self._count = 0
            self._counted()
            self._tell(Event("note", detail=f"{why}; from now on none stands by"))
            return
        self._tell(Event("note", detail=f"{why}; another one is started in {wait:g} s"))
        self._fill_in(wait)
