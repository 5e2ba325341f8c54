"""One running mesh as a whole: its switch, machines and control socket, from start to stop."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from attrs import evolve

from meshkernel.errors import SupervisorError
from meshkernel.plan.model import Plan
from meshkernel.supervisor.commands import commands_of
from meshkernel.supervisor.control import ControlServer
from meshkernel.supervisor.crash import Reports
from meshkernel.supervisor.debugging import Debuggers
from meshkernel.supervisor.events import OnEvent, ignore
from meshkernel.supervisor.logbook import LogBook
from meshkernel.supervisor.mesh import Mesh
from meshkernel.supervisor.processes import Identity
from meshkernel.supervisor.run_folder import RunFolder, listen
from meshkernel.supervisor.runner import GRACE
from meshkernel.supervisor.seams import Host, Network
from meshkernel.supervisor.shells import Shells
from meshkernel.supervisor.tracing import Traces
from meshkernel.toolchain.cache import digest

STATE_DELAY = 0.1
"""Seconds in which changes are written together. Machines end with their supervisor, whatever ends
it, so what a crash leaves unwritten is nothing that runs."""


def plan_digest(plan: Plan) -> str:
    """The same for the same plan: tells whether a topology has changed since it was started."""
    topology = evolve(plan.topology, path=plan.topology.path.resolve())
    return digest(repr(evolve(plan, topology=topology)))


class MeshServer:
    """Runs a mesh: ``async with MeshServer(...) as server: await server.mesh.start()``.

    Leaving the block stops everything, in the reverse order of starting. The folder's lock is the
    caller's.
    """

    def __init__(
        self,
        plan: Plan,
        folder: RunFolder,
        host: Host,
        image_bytes: dict[str, int],
        on_event: OnEvent = ignore,
    ) -> None:
        self._plan = plan
        self.digest = plan_digest(plan)
        self.folder = folder
        self.logs = LogBook(folder.logs, plan.replicas)
        self.stop_asked = asyncio.Event()
        self.grace = GRACE
        self._host = host
        self._image_bytes = image_bytes
        self._on_event = on_event
        self.stopped = asyncio.Event()
        self.traces = Traces()
        self.shells = Shells()
        self.debuggers = Debuggers()
        self._stack = AsyncExitStack()
        self._network: Network | None = None
        self._mesh: Mesh | None = None
        self._writing: asyncio.TimerHandle | None = None

    @property
    def plan(self) -> Plan:
        """What runs: it grows where somebody asks for more replicas than there are places."""
        return self._plan if self._mesh is None else self._mesh.plan

    @property
    def mesh(self) -> Mesh:
        if self._mesh is None:
            raise SupervisorError("the mesh is not running")
        return self._mesh

    @property
    def network(self) -> Network:
        if self._network is None:
            raise SupervisorError("the mesh is not running")
        return self._network

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            stack.callback(self.logs.close)
            stack.callback(self._forget_state)
            self._network = await stack.enter_async_context(
                self._host.network(self.plan, self.folder.path)
            )
            self._network.on_no_way = self._log_no_way
            self._mesh = Mesh(
                self.plan,
                self._host.launcher(self.plan, self._network),
                self._network,
                self.logs,
                image_bytes=self._image_bytes,
                on_event=self._on_event,
                changed=self._note_state,
                reports=Reports(self.folder.crashes, self.plan.topology.name, self.logs),
            )
            self._network.on_summon = self._mesh.summon
            control = ControlServer(commands_of(self))
            await control.start(listen(self.folder.control))
            stack.push_async_callback(control.close)
            stack.push_async_callback(self._stop)
            self.write_state()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def standing_by(self) -> list[int]:
        """Wait until as many QEMUs stand by as there are to be; returns their processes."""
        return await self._host.standing_by()

    async def ended(self) -> str | None:
        """Wait until the mesh is to end: None if it was asked for, else why."""
        asked = asyncio.create_task(self.stop_asked.wait())
        failed = asyncio.create_task(self.network.wait_failed())
        try:
            await asyncio.wait({asked, failed}, return_when=asyncio.FIRST_COMPLETED)
            return failed.result() if failed.done() else None
        finally:
            asked.cancel()
            failed.cancel()

    async def _stop(self) -> None:
        self.stop_asked.set()
        await self.mesh.stop(self.grace)
        self.stopped.set()

    def _log_no_way(self, service: str, text: str) -> None:
        """In the service's log: its code sees an error of a socket, which does not say why."""
        self.logs.add(service, f"meshkernel: {text}", time.time())

    def _note_state(self) -> None:
        """Write the state soon, once for all that changes meanwhile: it names every service."""
        if self._writing is None and not self.stop_asked.is_set():
            loop = asyncio.get_running_loop()
            self._writing = loop.call_later(STATE_DELAY, self.write_state)

    def _forget_state(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def write_state(self) -> None:
        """Note every process, so that what a crash leaves behind is found."""
        self._forget_state()
        pids = [os.getpid(), self.network.pid, *self.mesh.pids()]
        found = (Identity.of(pid) for pid in pids)
        processes = [[each.pid, each.started] for each in found if each is not None]
        services = [row.as_map() for row in self.mesh.rows()] if self._mesh else []
        self.folder.write_state({"processes": processes, "services": services})
