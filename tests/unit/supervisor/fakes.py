"""A host whose machines and network are in this process: what the supervisor does is real."""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from meshkernel.errors import MachineError
from meshkernel.network.counters import Counters, EgressCounters
from meshkernel.plan import Plan, Replica, make_plan
from meshkernel.supervisor.events import Event
from meshkernel.supervisor.remote import Remote
from meshkernel.supervisor.run_folder import listen
from meshkernel.supervisor.seams import OnTrace
from meshkernel.supervisor.server import MeshServer
from meshkernel.topology import parse
from meshkernel.trace import Request
from meshkernel.wire.connection import adopt
from meshkernel.wire.server import Dispatcher, serving

Functions = Mapping[str, Callable[..., Any]]

CHAIN = """
[mesh]
name = "chain"
[services.front]
module = "front"
expose = [{ host = 8080, port = 80 }]
[services.middle]
module = "middle"
[services.back]
module = "back"
[[links]]
from = "front"
to = "middle"
[[links]]
from = "middle"
to = "back"
"""


def chain(folder: Path, text: str = CHAIN) -> Plan:
    """The plan of three services, each of which calls the next."""
    path = folder / "topology.toml"
    path.write_text(text)
    for name in ("front", "middle", "back"):
        (folder / f"{name}.py").touch()
    return make_plan(parse(path))


def ask(server: MeshServer, command: str, **values: Any) -> Awaitable[Any]:
    """The result of one command, asked for over the mesh's control socket."""

    def asked() -> Any:
        with Remote.connect(server.folder) as remote:
            return remote.ask(command, **values)

    return asyncio.to_thread(asked)


@frozen
class Exposed:
    service: str
    host: str
    port: int
    inside: int


@frozen
class Exit:
    sentence: str
    needs_cold_image: bool = False


@define(eq=False)
class FakeMachine:
    """One machine; the test, or its service's script, says what it does."""

    service: str
    on_message: Callable[[dict[str, Any]], None]
    on_console: Callable[[bytes], None]
    stops: bool = True
    busy: bool = False
    pid: int = field(factory=os.getpid)
    console: bytes = b""
    image: Path | None = None
    facts: dict[str, str] = field(factory=dict)
    interrupted: bool = False
    sent: list[dict[str, Any]] = field(factory=list)
    signals: list[int] = field(factory=list)
    traces: list[Request | None] = field(factory=list)
    on_trace: OnTrace | None = None
    answers_pings: bool = True
    reads: bool = True
    stop_asked: asyncio.Event = field(factory=asyncio.Event)
    _news: asyncio.Event = field(factory=asyncio.Event)
    pings: asyncio.Queue[int] = field(factory=asyncio.Queue)
    _end: asyncio.Future[Exit] = field(factory=lambda: asyncio.get_running_loop().create_future())

    async def send(self, message: dict[str, Any]) -> None:
        if self._end.done():
            raise MachineError(f"{self.service} has ended")
        if not self.reads:
            await asyncio.Event().wait()
        self.sent.append(message)
        self._news.set()
        if message["type"] in ("stop", "sleep"):
            self.stop_asked.set()
        if message["type"] == "sleep":
            self.on_message({"type": "busy" if self.busy else "sleeping"})
        if message["type"] == "sleep" and not self.busy and self.stops:
            self.on_message({"type": "stopped"})
            self.end("ended with status 0")
        if message["type"] == "stop" and self.stops:
            self.on_message({"type": "stopped"})
            self.end("ended with status 0")
        if message["type"] == "ping":
            self.pings.put_nowait(message["id"])
        if message["type"] == "ping" and self.answers_pings:
            self.on_message({"type": "pong", "id": message["id"]})

    async def heard(self, is_right: Callable[[list[dict[str, Any]]], bool]) -> None:
        """Wait until what it was sent is as a test expects."""
        while not is_right(self.sent):
            self._news.clear()
            await self._news.wait()

    async def interrupt(self) -> None:
        self.interrupted = True
        self.console += b"meshkernel: Python stack, newest call last:\n"
        self.end("stopped")

    async def signal(self, number: int) -> None:
        self.signals.append(number)

    async def trace(self, request: Request | None, on_trace: OnTrace | None = None) -> None:
        self.traces.append(request)
        self.on_trace = on_trace

    async def wait(self) -> Exit:
        return await asyncio.shield(self._end)

    def kill(self) -> None:
        self.end("was killed")

    def end(self, how: str, *, needs_cold_image: bool = False) -> None:
        if not self._end.done():
            self._end.set_result(Exit(how, needs_cold_image))

    def ready(self, *methods: str) -> None:
        self.on_message({"type": "ready", "methods": sorted(methods), "port": 7000})


Script = Callable[[FakeMachine], None]


def ready(machine: FakeMachine) -> None:
    """The script of a service that is well."""
    machine.on_console(f"{machine.service} says hello\n".encode())
    machine.ready("echo")


def mute(machine: FakeMachine) -> None:
    """The script of a service that never becomes ready."""


def ends(how: str) -> Script:
    """The script of a service whose machine ends."""
    return lambda machine: machine.end(how)


def needs_cold_image(machine: FakeMachine) -> None:
    """The script of a service whose warm image is another processor's."""
    machine.end("needs its cold image here", needs_cold_image=True)


def fails(message: str) -> Script:
    """The script of a service that says why it cannot start."""

    def script(machine: FakeMachine) -> None:
        machine.on_message({"type": "failed", "message": message, "stack": "..."})
        machine.end("ended with status 1")

    return script


class FakeNetwork:
    """A switch that drops nothing: its dial socket leads to the functions of the services."""

    def __init__(self, host: FakeHost, plan: Plan, dial_socket: Path) -> None:
        self.pid = os.getpid()
        self.on_no_way: Callable[[str, str], None] | None = None
        self.on_summon: Callable[[str], None] | None = None
        self.held = {name for name, each in plan.services.items() if each.service.sleep is not None}
        self.used: set[str] = set()
        self.dial_socket = dial_socket
        self.commands: list[tuple[Any, ...]] = []
        self.egress: list[EgressCounters] = []
        self.broken: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._replicas = {str(each.address): each for each in plan.replicas.values()}
        self._host = host
        self.exposed = [
            Exposed(name, each.address, each.host or 49152, each.port)
            for name, planned in plan.services.items()
            for each in planned.service.expose
        ]

    async def extend(self, plan: Plan, added: Sequence[Replica]) -> None:
        self._replicas |= {str(each.address): each for each in added}
        self.commands.append(("extend", *(each.name for each in added)))

    async def serve(self, replica: str) -> None:
        self.commands.append(("serve", replica))

    async def drain(self, replica: str) -> None:
        self.commands.append(("drain", replica))

    async def counters(self) -> Counters:
        ways = tuple(self.egress)
        return Counters(ports={}, links={}, egress=ways, flows=0, tunnels=0, pcap_error=None)

    async def hold(self, service: str) -> None:
        self.held.add(service)
        self.commands.append(("hold", service))

    async def release(self, service: str) -> None:
        self.held.discard(service)
        self.commands.append(("release", service))

    async def refuse(self, service: str) -> None:
        self.held.discard(service)
        self.commands.append(("refuse", service))

    async def sleep(self, service: str, call_port: int) -> bool:
        self.commands.append(("sleep", service, call_port))
        if service not in self.used:
            self.held.add(service)
        return service not in self.used

    async def delay(self, source: str, target: str, seconds: float) -> None:
        self.commands.append(("delay", source, target, seconds))

    async def drop(self, source: str, target: str, percent: int) -> None:
        self.commands.append(("drop", source, target, percent))

    async def partition(self, one: str, other: str) -> None:
        self.commands.append(("partition", one, other))

    async def heal(self) -> None:
        self.commands.append(("heal",))

    async def wait_failed(self) -> str:
        return await asyncio.shield(self.broken)

    async def dialled(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = (await reader.readline()).decode().split(":")[0]
        replica = self._replicas[address]
        name = replica.service
        if not any(machine.service == replica.name for machine in self._host.machines):
            writer.write(b"error refused\n")
            writer.close()
            return
        writer.write(b"ok\n")
        functions = self._host.functions.get(name, {})
        self._host.kept.append(adopt(writer, serving(Dispatcher(name, functions))()))


class FakeHost:
    """Machines that follow scripts: one for each start of a service, the last one for ever."""

    def __init__(
        self,
        scripts: Mapping[str, list[Script]] | None = None,
        functions: Mapping[str, Functions] | None = None,
    ) -> None:
        self.scripts = {name: deque(each) for name, each in (scripts or {}).items()}
        self.functions = functions or {}
        self.machines: list[FakeMachine] = []
        self.started: list[str] = []
        self.ended: list[str] = []
        self.kept: list[Any] = []
        self.unstoppable: set[str] = set()
        self.switch: FakeNetwork | None = None
        self.cold: set[str] = set()  # whose next machine refuses to go on from its seal
        self._arrivals: defaultdict[str, asyncio.Queue[FakeMachine]] = defaultdict(asyncio.Queue)

    async def build(self, plan: Plan, on_event: Callable[[Event], None]) -> dict[str, int]:
        for name in plan.services:
            on_event(Event("built", name, 0.0, "cached"))
        return dict.fromkeys(plan.services, 1000)

    async def standing_by(self) -> list[int]:
        return []

    @asynccontextmanager
    async def network(self, plan: Plan, folder: Path) -> AsyncIterator[FakeNetwork]:
        dial = folder / "dial"
        network = self.switch = FakeNetwork(self, plan, dial)
        server = await asyncio.start_unix_server(network.dialled, sock=listen(dial))
        try:
            yield network
        finally:
            server.close()
            dial.unlink(missing_ok=True)

    def launcher(self, plan: Plan, network: Any) -> FakeHost:
        return self

    @asynccontextmanager
    async def launch(
        self,
        service: str,
        on_message: Callable[[dict[str, Any]], None],
        on_console: Callable[[bytes], None],
    ) -> AsyncIterator[FakeMachine]:
        machine = FakeMachine(service, on_message, on_console, service not in self.unstoppable)
        self.machines.append(machine)
        self.started.append(service)
        scripts = self.scripts.get(service, deque([ready]))
        script = scripts.popleft() if len(scripts) > 1 else scripts[0]
        asyncio.get_running_loop().call_soon(script, machine)
        self._arrivals[service].put_nowait(machine)
        try:
            yield machine
        finally:
            self.machines.remove(machine)
            self.ended.append(service)

    async def told(self) -> None:
        pass

    def extend(self, plan: Plan) -> None:
        self.extended = plan

    def turned_cold(self, service: str) -> bool:
        turned = service in self.cold
        self.cold.discard(service)
        return turned

    async def arrival(self, service: str) -> FakeMachine:
        """The next machine that is started for a service."""
        async with asyncio.timeout(10):
            return await self._arrivals[service].get()
