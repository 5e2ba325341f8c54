"""A mesh for tests, booted in the background of the tests' process, with a folder of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from attrs import evolve

from meshkernel.errors import MachineError, MeshkernelError
from meshkernel.plan import Plan, make_plan
from meshkernel.supervisor.events import Event
from meshkernel.supervisor.remote import run_path
from meshkernel.supervisor.run_folder import RunFolder
from meshkernel.supervisor.seams import Host
from meshkernel.supervisor.server import MeshServer
from meshkernel.supervisor.up import bring_up
from meshkernel.testing.background import Background
from meshkernel.testing.mesh import MeshUnderTest
from meshkernel.topology import Topology, parse

_numbers = count(1)


@contextmanager
def running_mesh(
    topology: Path | str, *, host: Host | None = None, volumes: Path | None = None
) -> Iterator[MeshUnderTest]:
    """Boot the mesh of a topology for as long as the block runs.

    Args:
        topology: its file.
        host: what it runs on: this computer, where nothing is said.
        volumes: the folder of its volumes. Where nothing is said they are new, and gone afterwards.

    Raises:
        UserError, BuildError, MachineError, SupervisorError: it did not come up; the notes have
            the last of the logs.
    """
    path = Path(topology).resolve()
    plan = make_plan(_elsewhere(parse(path)))
    name = f"{plan.topology.name}-test-{os.getpid()}-{next(_numbers)}"
    folder = RunFolder(run_path(plan.topology.root, name))
    folder.acquire()
    place = volumes or folder.path / "volumes"
    try:
        with Background() as background:
            running = _Running(plan, folder, host or _real_host(plan, place), background)
            mesh = running.start()
            try:
                yield mesh
            finally:
                running.stop(mesh)
    finally:
        folder.remove()


def _real_host(plan: Plan, volumes: Path) -> Host:
    from meshkernel.supervisor.host import RealHost  # noqa: PLC0415 - tests with a fake need none

    return RealHost(plan.topology.root / "build", volumes=volumes)


def _elsewhere(topology: Topology) -> Topology:
    """The topology with its exposed ports wherever the host has room."""
    services = {
        name: evolve(service, expose=tuple(evolve(each, host=0) for each in service.expose))
        for name, service in topology.services.items()
    }
    return evolve(topology, services=services)


class _Running:
    """The task that runs a mesh in the background."""

    def __init__(self, plan: Plan, folder: RunFolder, host: Host, background: Background) -> None:
        self._arguments = (plan, folder, host)
        self._background = background
        self._servers: list[MeshServer] = []
        self._done: Future[None] | None = None

    def start(self) -> MeshUnderTest:
        """Returns when the mesh is up."""
        up: Future[None] = Future()

        def on_event(event: Event) -> None:
            if event.phase == "up":
                up.set_result(None)

        done = self._background.submit(
            bring_up(*self._arguments, on_event=on_event, made=self._servers.append)
        )
        self._done = done
        done.add_done_callback(lambda _: None if up.done() else up.set_result(None))
        up.result()  # after Ctrl-C, the end of the background cancels what runs there
        if done.done():
            self._explain()
        return MeshUnderTest(self._servers[0], self._background)

    def stop(self, mesh: MeshUnderTest) -> None:
        """Returns when nothing of the mesh is left."""

        async def ask() -> None:
            await mesh.aclose()
            mesh.server.stop_asked.set()

        self._background.run(ask())
        assert self._done is not None  # noqa: S101 - it was started
        self._done.result()

    def _explain(self) -> None:
        """Raise why the mesh did not come up, with what the services said."""
        assert self._done is not None  # noqa: S101 - it was started
        try:
            self._done.result()
        except MachineError as error:
            for line in self._servers[0].logs.last(count=20) if self._servers else ():
                error.add_note(f"{line.service} | {line.text}")
            raise
        raise MeshkernelError("the mesh has stopped by itself")
