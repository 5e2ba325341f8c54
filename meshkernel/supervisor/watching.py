"""A service's machine is watched to its end, to which one that hangs is brought."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from meshkernel.errors import MachineError
from meshkernel.supervisor.seams import RunningMachine

START_TIMEOUT = 120.0
"""Seconds from the machine's start to ``ready``."""

PING_EVERY = 10.0
"""Seconds between two pings: rare, so that an idle mesh stays idle."""

SILENT_AFTER = 60.0
"""Seconds without an answer to a ping after which a service hangs: it is ended and restarted."""

LAST_WORDS = 5.0
"""Seconds that a service which hangs has to say where."""


class Watch:
    """Watches the machines of one service, one after the other.

    ``started`` waits until the one that runs is ready, or is being stopped before.
    """

    def __init__(self, name: str, started: Callable[[], Awaitable[None]]) -> None:
        self._name = name
        self._started = started
        self._excuses = 0
        self._heard = 0.0  # monotonic: the last answer to a ping

    def hear(self) -> None:
        """The service has answered."""
        self._heard = time.monotonic()

    def excuse(self, count: int) -> None:
        """One reason more (1) or less (-1) for the service not to answer pings."""
        self._excuses += count
        self.hear()

    async def end(self, machine: RunningMachine) -> tuple[str, str | None]:
        """Wait for the machine's end; returns how it ended, and how it hung if it did, both as
        sentences.
        """
        end = asyncio.create_task(machine.wait())
        guard = asyncio.create_task(self._guard(machine))
        try:
            await asyncio.wait({end, guard}, return_when=asyncio.FIRST_COMPLETED)
            hung = None
            if not end.done():
                hung = guard.result()
                await _end_hung(machine)
            return f"{self._name} {(await end).sentence}", hung
        finally:
            end.cancel()
            guard.cancel()
            await asyncio.gather(end, guard, return_exceptions=True)

    async def _guard(self, machine: RunningMachine) -> str:
        """Ping the service from time to time; returns only when it does not answer."""
        try:
            async with asyncio.timeout(START_TIMEOUT):
                await self._started()
        except TimeoutError:
            return f"{self._name} was not ready within {START_TIMEOUT:g} s"
        self.hear()
        number = 0
        while self._excuses or time.monotonic() - self._heard < SILENT_AFTER:
            number += 1
            # An ended machine: its wait says so. One that reads nothing: it does not answer.
            with suppress(MachineError, TimeoutError):
                async with asyncio.timeout(PING_EVERY):
                    await machine.send({"type": "ping", "id": number})
            await asyncio.sleep(PING_EVERY)
        return f"{self._name} did not answer for {SILENT_AFTER:g} s"


async def _end_hung(machine: RunningMachine) -> None:
    """End a machine that does not answer, but let it say first where it is."""
    with suppress(MachineError, TimeoutError):
        async with asyncio.timeout(LAST_WORDS):
            await machine.interrupt()
            await machine.wait()
    machine.kill()
