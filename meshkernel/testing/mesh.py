"""A mesh under test: calls, faults of its network, and what its services say."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

from meshkernel.client import Client
from meshkernel.errors import SupervisorError
from meshkernel.network.counters import Counters
from meshkernel.network.dial import open_dial
from meshkernel.plan import CALL_PORT, Plan
from meshkernel.supervisor.history import What
from meshkernel.supervisor.rows import Row
from meshkernel.supervisor.runner import GRACE
from meshkernel.supervisor.server import MeshServer
from meshkernel.testing.background import Background
from meshkernel.testing.service import TIMEOUT, ServiceUnderTest

GATEWAY = "gateway"
LOG_LINES = 200
"""Of each service, at most so many in the report of a failed test."""


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

    async def standing_by(self, seconds: float = TIMEOUT) -> list[int]:
        """Wait until as many QEMUs stand by as ``standby`` in the topology says; returns their
        processes. TimeoutError if they do not in time.
        """
        async with asyncio.timeout(seconds):
            return await self.background.of(self.server.standing_by())

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
