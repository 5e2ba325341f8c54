"""How a service sleeps: the switch keeps its callers, the service itself says whether it may."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any

from meshkernel.errors import MachineError, SupervisorError
from meshkernel.supervisor.orders import Orders
from meshkernel.supervisor.seams import Network, RunningMachine

GRACE = 5.0
"""Seconds that a service has to stop in, once it has said that it does."""


class Sleep:
    """The sleep of one service.

    Attributes:
        summons: how often somebody who called has started it.
        woken: when that was the last time, in seconds since 1970; None: never.
        wanted: somebody has called since its port is held.
        falling: its machine ends, or has ended, because it sleeps.
    """

    def __init__(self, name: str, network: Network) -> None:
        self.summons = 0
        self.woken: float | None = None
        self.wanted = False
        self.falling = False
        self._name = name
        self._network = network
        self._answer: asyncio.Future[bool] | None = None  # of the service: whether it stops
        self._orders = Orders()

    def hold(self) -> None:
        """No machine is ready: callers wait."""
        self._orders.give(self._network.hold(self._name))

    def release(self) -> None:
        """The machine is ready: whoever waits gets in."""
        self.wanted = False
        self._orders.give(self._network.release(self._name))

    def refuse(self) -> None:
        """The machine does not come up, or shall not: whoever waits is told."""
        self.wanted = False
        self._orders.give(self._network.refuse(self._name))

    def summoned(self) -> None:
        """A machine is started for somebody who calls."""
        self.summons += 1
        self.woken = time.time()

    def answered(self, stops: bool) -> None:
        """What the service says to being asked."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(stops)

    async def ask(self, machine: RunningMachine, call_port: int) -> bool:
        """Whether the service stops now. If it does, callers are held from before it said so.

        It is asked only if the switch sees no use of it; and it is waited for, however long it
        takes: one that computes has callers, and does not sleep.
        """
        self.wanted = False
        try:
            if not await self._network.sleep(self._name, call_port):
                return False
        except SupervisorError:  # the switch has ended, and the mesh with it
            return False
        self._answer = asyncio.get_running_loop().create_future()
        ended = asyncio.create_task(machine.wait())
        try:
            with suppress(MachineError):  # it has just ended: `ended` says so
                await machine.send({"type": "sleep", "grace": GRACE})
            waiting: set[asyncio.Future[Any]] = {self._answer, ended}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if self._answer.done() and not self._answer.result():
                self.release()
            self.falling = self._answer.done() and self._answer.result()
            return self.falling
        finally:
            self._answer = None
            ended.cancel()
