"""Traces of running services, passed on to whoever asked."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

from attrs import define, field

from meshkernel.errors import MeshkernelError, SupervisorError
from meshkernel.supervisor.control import Request, Send
from meshkernel.supervisor.runner import Runner
from meshkernel.trace import Batch

WAITING = 256
"""Batches that may wait for a client which reads slowly; then they are left out, and counted."""


@define
class Queue:
    """Batches on their way to a client."""

    waiting: asyncio.Queue[bytes] = field(factory=lambda: asyncio.Queue(WAITING))
    lost: int = 0

    def put(self, batch: Batch) -> None:
        """From the machine: never waits."""
        try:
            self.waiting.put_nowait(batch.raw)
        except asyncio.QueueFull:
            self.lost += batch.lost + len(batch.records)

    async def get(self) -> dict[str, Any]:
        """The next line for the client: a frame, and how many records are missing before it."""
        frame = await self.waiting.get()
        lost, self.lost = self.lost, 0
        return {"records": base64.b64encode(frame).decode(), "lost": lost}


@define
class Traces:
    """Which services are traced: one client each, since a library OS has one trace."""

    _traced: set[str] = field(factory=set)

    async def follow(self, runner: Runner, asked: Request, send: Send) -> str:
        """Trace a service until its machine ends; returns how it did. Cancelled when the client
        has gone: the service then is as it was before.

        Raises:
            SupervisorError: it does not run, or is being traced.
            MachineError: its library OS has no trace.
            UserError: there is no system call of such a name.
        """
        machine = runner.machine
        if runner.name in self._traced:
            raise SupervisorError(f"{runner.name} is being traced already")
        from meshkernel.trace.table import request  # noqa: PLC0415 - few meshes are traced

        wanted = request(asked.get("calls", ()), text_size=asked.get("text_size", 32))
        queue = Queue()
        self._traced.add(runner.name)
        ending = asyncio.create_task(machine.wait())
        try:
            await machine.trace(wanted, queue.put)
            await send({"line": {"records": "", "lost": 0}})  # it is on
            sending = asyncio.create_task(_send(queue, send))
            try:
                await asyncio.wait({ending, sending}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
            while not queue.waiting.empty():
                await send({"line": await queue.get()})
            return f"{runner.name} {(await ending).sentence}"
        finally:
            self._traced.discard(runner.name)
            await asyncio.shield(_off(machine, ending))


async def _send(queue: Queue, send: Send) -> None:
    while True:
        await send({"line": await queue.get()})


async def _off(machine: Any, ending: asyncio.Task[Any]) -> None:
    try:
        if not ending.done():
            await machine.trace(None)
    except MeshkernelError:
        pass  # it hangs, or has just ended: whoever watches it finds out
    finally:
        ending.cancel()
