"""One replica of a service of a mesh under test: what a test sees of it and does to it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from meshkernel.errors import SupervisorError
from meshkernel.supervisor.runner import Runner
from meshkernel.supervisor.state import State

if TYPE_CHECKING:
    from meshkernel.testing.mesh import MeshUnderTest

TIMEOUT = 30.0
"""Seconds for a call, and for a service to run again."""


class ServiceUnderTest:
    """One replica of a service of a mesh under test."""

    def __init__(self, mesh: MeshUnderTest, runner: Runner) -> None:
        self._mesh = mesh
        self._runner = runner
        self.name = runner.name

    def __repr__(self) -> str:
        return f"<service {self.name}: {self.state}>"

    @property
    def state(self) -> str:
        """``running`` when it is ready."""
        return str(self._runner.state)

    @property
    def pid(self) -> int | None:
        """Of its machine, if there is one."""
        return self._runner.pid

    @property
    def restarts(self) -> int:
        """How often it was started again."""
        return self._runner.restarts

    @property
    def reason(self) -> str | None:
        """Why it ended the last time."""
        return self._runner.reason

    def kill(self) -> None:
        """End its machine as a crash would; returns when it is gone. It will be restarted."""
        self._mesh.touch(self.name)
        self._mesh.background.run(self._kill())

    async def wait_running(self, seconds: float = TIMEOUT) -> None:
        """Wait until it runs; TimeoutError if it does not in time."""
        await self._mesh.background.of(self._reached(seconds, State.RUNNING))

    async def wait_asleep(self, seconds: float = TIMEOUT) -> None:
        """Wait until it sleeps; TimeoutError if it does not in time."""
        await self._mesh.background.of(self._reached(seconds, State.ASLEEP))

    async def wait_ended(self, seconds: float = TIMEOUT) -> None:
        """Wait until it does not run; TimeoutError if it still does."""
        others = set(State) - {State.RUNNING}
        await self._mesh.background.of(self._reached(seconds, *others))

    async def wait_log(self, text: str, seconds: float = TIMEOUT) -> str:
        """Wait until a line of its log has this text, and return the line."""
        self._mesh.touch(self.name)
        return await self._mesh.background.of(self._said(text, seconds))

    async def _kill(self) -> None:
        if not self._runner.kill():
            raise SupervisorError(f"{self.name} has no machine: it is {self.state}")
        await self._reached(TIMEOUT, *(set(State) - {State.RUNNING, State.STARTING}))

    async def _reached(self, seconds: float, *states: State) -> None:
        async with asyncio.timeout(seconds):
            await self._runner.reached(*states)

    async def _said(self, text: str, seconds: float) -> str:
        logs = self._mesh.server.logs
        async with asyncio.timeout(seconds), logs.following([self.name]) as coming:
            for line in logs.last([self.name]):
                if text in line.text:
                    return line.text
            async for line in coming:
                if text in line.text:
                    return line.text
        raise SupervisorError(f"the mesh stopped before {self.name} said {text!r}")
