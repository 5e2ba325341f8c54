"""``up``: from a plan to a running mesh, and to its end, in this process."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Coroutine
from typing import Any

from meshkernel.errors import SupervisorError, UserError
from meshkernel.plan.model import Plan
from meshkernel.supervisor.events import Event, OnEvent
from meshkernel.supervisor.processes import Identity
from meshkernel.supervisor.remote import run_path
from meshkernel.supervisor.run_folder import RunFolder
from meshkernel.supervisor.seams import Host
from meshkernel.supervisor.server import MeshServer
from meshkernel.topology import missing_secrets

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

LAST_WORDS = 2.0
"""Seconds for whoever follows the logs to come to their end."""

WhenUp = Callable[[MeshServer], Coroutine[Any, Any, None]]


async def _nothing(server: MeshServer) -> None:
    """What is done while the mesh runs, where nothing is."""


def run_folder(plan: Plan) -> RunFolder:
    """Where the mesh of this plan keeps its state."""
    return RunFolder(run_path(plan.topology.root.resolve(), plan.topology.name))


async def bring_up(
    plan: Plan,
    folder: RunFolder,
    host: Host,
    *,
    on_event: OnEvent,
    meanwhile: WhenUp = _nothing,
    made: Callable[[MeshServer], None] = lambda _: None,
) -> None:
    """Build, start, and run until asked to stop; ``meanwhile`` runs from the moment all are ready
    until it has heard the last of the logs, ``made`` is called as soon as there is something to
    stop.

    ``folder`` has been acquired.

    Raises:
        UserError, BuildError, MachineError, SupervisorError: it did not come up, and nothing is
            left of it.
    """
    missing = missing_secrets(plan.topology, os.environ)
    if missing:
        raise UserError(*missing)
    own = Identity.of(os.getpid())
    folder.write_state({"processes": [[own.pid, own.started]] if own else [], "services": []})
    began = time.monotonic()
    image_bytes = await host.build(plan, on_event)
    during: asyncio.Task[None] | None = None
    try:
        async with MeshServer(plan, folder, host, image_bytes, on_event) as server:
            made(server)
            starting = asyncio.create_task(server.mesh.start())
            ending = asyncio.create_task(server.ended())
            try:
                await asyncio.wait({starting, ending}, return_when=asyncio.FIRST_COMPLETED)
                if starting.done():
                    starting.result()
                    server.write_state()
                    seconds = time.monotonic() - began
                    await host.told()
                    on_event(Event("up", seconds=seconds))
                    during = asyncio.create_task(meanwhile(server))
                why = await ending
            finally:
                await _end(starting, ending)
    finally:
        if during is not None:
            await asyncio.wait({during}, timeout=LAST_WORDS)
            await _end(during)
    if why is not None:
        raise SupervisorError(why)


async def _end(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def supervise(
    plan: Plan,
    host: Host,
    *,
    on_event: OnEvent,
    meanwhile: WhenUp = _nothing,
) -> int:
    """`bring_up` under SIGINT, SIGTERM and SIGHUP: the first stops the mesh, a second does so at
    once.

    Returns the exit status: 0, or 128 and the signal's number.
    """
    folder = run_folder(plan)
    folder.acquire()
    try:
        servers: list[MeshServer] = []
        work = asyncio.create_task(
            bring_up(
                plan,
                folder,
                host,
                on_event=on_event,
                meanwhile=meanwhile,
                made=servers.append,
            )
        )
        caught: list[int] = []
        loop = asyncio.get_running_loop()

        def stop(number: int) -> None:
            caught.append(number)
            if len(caught) == 1:
                on_event(Event("note", detail="stopping; once more to stop at once"))
                work.cancel()
            for server in servers if len(caught) > 1 else ():
                server.mesh.kill()

        for number in SIGNALS:
            loop.add_signal_handler(number, stop, number)
        try:
            await asyncio.wait({work})
        finally:
            for number in SIGNALS:
                loop.remove_signal_handler(number)
        if caught and work.cancelled():
            return 128 + caught[0]
        work.result()
        return 0
    finally:
        folder.release()
