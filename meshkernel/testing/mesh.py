"""A mesh for tests: booted in the background of the tests' process, with a folder of its own."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Coroutine, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from itertools import count, product
from pathlib import Path
from typing import Any

from attrs import evolve

from meshkernel.client import Client
from meshkernel.errors import MachineError, MeshkernelError, SupervisorError
from meshkernel.network.counters import Counters
from meshkernel.network.dial import open_dial
from meshkernel.plan import CALL_PORT, Plan, make_plan
from meshkernel.supervisor.events import Event
from meshkernel.supervisor.history import What
from meshkernel.supervisor.remote import run_path
from meshkernel.supervisor.rows import Row
from meshkernel.supervisor.run_folder import RunFolder
from meshkernel.supervisor.runner import GRACE, Runner
from meshkernel.supervisor.seams import Host
from meshkernel.supervisor.server import MeshServer
from meshkernel.supervisor.state import State
from meshkernel.supervisor.up import bring_up
from meshkernel.testing.background import Background
from meshkernel.topology import Topology, parse

TIMEOUT = 30.0
"""Seconds for a call, and for a service to run again."""

GATEWAY = "gateway"
LOG_LINES = 200
"""Of each service, at most so many in the report of a failed test."""

_numbers = count(1)


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


class MeshUnderTest:
    """A running mesh: what the ``mesh`` fixture is."""

    def __init__(self, server: MeshServer, background: Background) -> None:
        self.server = server
        self.background = background
        self._client = Client(self._open, name="host", replicas=self._replicas)
        self._touched: dict[str, None] = {}
        self._test_began = time.time()

    @property
    def plan(self) -> Plan:
        """What runs."""
        return self.server.plan

    async def call(self, target: str, /, **arguments: Any) -> Any:
        """The result of ``service.function``; raises what a link's call raises.

        Calls are shared out among a service's replicas, as those of links are.
        """
        return await self.call_within(TIMEOUT, target, **arguments)

    async def call_within(self, seconds: float, target: str, /, **arguments: Any) -> Any:
        """The same with a deadline of so many seconds."""
        self.touch(target.partition(".")[0])
        return await self.background.of(self._client.call_within(seconds, target, arguments))

    def service(self, name: str) -> ServiceUnderTest:
        """A replica by its name; of a service's name, one that runs."""
        return ServiceUnderTest(self, self.server.mesh.runner(name))

    def replicas(self, name: str) -> list[ServiceUnderTest]:
        """Those of a service that are to run, or still do."""
        return [ServiceUnderTest(self, runner) for runner in self.server.mesh.of(name)]

    async def scale(self, name: str, count: int | None) -> None:
        """Run so many replicas of a service, or as many as its load asks for (None)."""
        await self.background.of(self.server.mesh.scale(name, count))

    async def restart(self, *names: str, grace: float = GRACE) -> None:
        """Restart services or replicas, as `meshkernel restart` does; ``grace`` in seconds."""
        await self.background.of(self.server.mesh.restart_services(names, grace))

    def logs(self, name: str) -> str:
        """What a service, or one replica, has said so far, console and log records."""
        return "\n".join(line.text for line in self._last(self._names(name)))

    def ps(self) -> list[Row]:
        """What `meshkernel ps` shows."""
        return self.server.mesh.rows()

    def counters(self) -> Counters:
        """What the switch has forwarded and dropped."""
        return self.background.run(self.server.network.counters())

    def url(self, name: str, port: int | None = None) -> str:
        """Where an exposed service is reached, as ``http://127.0.0.1:49213``.

        ``port`` is that inside of the service, where it exposes several.
        """
        for each in self.server.network.exposed:
            if each.service == name and port in (None, each.inside):
                self.touch(name)
                return f"http://{each.host}:{each.port}"
        raise SupervisorError(f"{name} exposes {'nothing' if port is None else f'no port {port}'}")

    @contextmanager
    def partition(self, one: str, other: str) -> Iterator[None]:
        """Nothing passes between two services while the block runs.

        At its end every fault of the network is healed.
        """
        network, said = self.server.network, f"{one} and {other}"
        faults = (network.partition(*pair) for pair in self._pairs(one, other))
        with self._faulty(What.PARTITIONED, said, faults):
            yield

    @contextmanager
    def delay(self, source: str, target: str, seconds: float) -> Iterator[None]:
        """Each frame from one service to another is held back while the block runs."""
        network, said = self.server.network, f"{source} to {target}, by {seconds:g} s"
        faults = (network.delay(*pair, seconds) for pair in self._pairs(source, target))
        with self._faulty(What.DELAYED, said, faults):
            yield

    @contextmanager
    def drop(self, source: str, target: str, percent: int) -> Iterator[None]:
        """So many of a hundred frames are lost while the block runs."""
        network, said = self.server.network, f"{source} to {target}, {percent} % of the frames"
        faults = (network.drop(*pair, percent) for pair in self._pairs(source, target))
        with self._faulty(What.DROPPED, said, faults):
            yield

    def touch(self, name: str) -> None:
        """Note that the current test has to do with a service."""
        self._touched[name] = None

    def begin_test(self) -> None:
        """From now on, what happens belongs to the next test."""
        self._touched = {}
        self._test_began = time.time()

    def report(self) -> list[tuple[str, str]]:
        """What the services that the current test called have said during it, with titles."""
        sections = []
        for name in self._touched:
            if name in self.plan.services:
                lines = self._last(self._names(name))
                said = [line for line in lines if line.time >= self._test_began]
                text = "\n".join(line.text for line in said[-LOG_LINES:])
                sections.append((f"log of {name}", text or "(nothing during this test)"))
        return sections

    async def aclose(self) -> None:
        """End the connections of calls."""
        await self._client.aclose()

    def _last(self, names: list[str]) -> Any:
        async def last() -> Any:
            return self.server.logs.last(names)

        return self.background.run(last())

    def _names(self, name: str) -> list[str]:
        """Of all replicas of a service, or the one replica of this name."""
        service = self.plan.services.get(name)
        if service is None:
            return [self.server.mesh.runner(name).name]
        return [replica.name for replica in service.replicas]

    def _pairs(self, one: str, other: str) -> list[tuple[str, str]]:
        """The replicas of two services, each with each; ``gateway`` is one, too."""
        ones, others = ([n] if n == GATEWAY else self._names(n) for n in (one, other))
        return list(product(ones, others))

    @contextmanager
    def _faulty(
        self, what: What, said: str, faults: Iterable[Coroutine[Any, Any, None]]
    ) -> Iterator[None]:
        try:
            self.background.run(self._inject(what, said, faults))
            yield
        finally:
            self.background.run(self._inject(What.HEALED, "", [self.server.network.heal()]))

    async def _inject(
        self, what: What, said: str, faults: Iterable[Coroutine[Any, Any, None]]
    ) -> None:
        """Change how the network behaves, and note it where one looks for what has happened."""
        for fault in faults:
            await fault
        self.server.mesh.history.add(what, said)

    def _replicas(self, service: str) -> list[str]:
        """The names of those that are called; of an unknown service, its own."""
        found = self.server.mesh.services.get(service)
        return [service] if found is None else [runner.name for runner in found.called]

    async def _open(self, name: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if name not in self.plan.replicas:
            names = ", ".join(self.plan.services)
            raise LookupError(f"there is no service {name!r}; there are {names}")
        place = self.plan.replicas[name].address
        port = self.server.mesh.runner(name).port or CALL_PORT
        return await open_dial(self.server.network.dial_socket, place, port, patience=TIMEOUT)


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
