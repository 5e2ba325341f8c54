"""The switch of one mesh, as a process that this one owns."""

from __future__ import annotations

import asyncio
import re
import socket
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from attrs import frozen

from meshkernel.errors import Fault, SupervisorError, UserError
from meshkernel.network._config import additions, render
from meshkernel.network._control import Control, Reply
from meshkernel.network.counters import Counters
from meshkernel.plan.model import Plan, Replica

CONFIGURATION = "switch.conf"
DIAL = "dial"
EXIT_USER = 2
STOP_SECONDS = 5.0
REPORT_LINES = 100


@frozen
class Exposed:
    """A host port that the gateway listens on, with the number that the host chose for 0."""

    host: str
    port: int
    service: str
    inside: int


class Switch:
    """A running switch: ``async with await Switch.start(...) as switch``.

    It ends with this object, and with this process however that dies.

    Attributes:
        dial_socket: where other processes reach any service (``dial.open_dial``).
        exposed: the host ports that it listens on.
        said: what it wrote on its error output, the last lines.
        on_detached: called with a service and a reason when its machine's end has closed.
        on_no_way: called with a service and a sentence when it could not connect to a place
            outside; at most once a second for each service.
    """

    def __init__(self, process: Process, control: Control, dial_socket: Path) -> None:
        self._process = process
        self._control = control
        self._closed = False
        self.said: list[str] = []
        self._reporter = asyncio.create_task(self._report())
        self._watcher: asyncio.Task[str] | None = None
        self.dial_socket = dial_socket
        self.exposed: tuple[Exposed, ...] = ()
        self.on_detached: Callable[[str, str], None] | None = None
        self.on_no_way: Callable[[str, str], None] | None = None
        self._on_summon: Callable[[str], None] | None = None
        self._missed: list[str] = []  # who was summoned while nobody listened

    @classmethod
    async def start(cls, plan: Plan, run_dir: Path, *, program: Path) -> Self:
        """Starts the switch and returns when it listens everywhere.

        ``program`` is what ``build_switch`` built; ``run_dir`` takes its configuration and the
        dial socket.

        Raises:
            UserError: a host port of ``expose`` is in use.
            SupervisorError: the switch did not start for another reason.
        """
        configuration, dial_socket = run_dir / CONFIGURATION, run_dir / DIAL
        configuration.write_text(render(plan, dial_socket))
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                program,
                configuration,
                str(theirs.fileno()),
                pass_fds=(theirs.fileno(),),
                stdin=DEVNULL,
                stdout=DEVNULL,
                stderr=PIPE,
            )
        ready: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        switch = cls(process, Control(ours, lambda event: switch._event(event, ready)), dial_socket)
        try:
            await switch._wait_ready(ready, plan)
        except BaseException:
            await switch.close()
            raise
        return switch

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def pid(self) -> int:
        """The process identifier of the switch."""
        return self._process.pid

    @property
    def on_summon(self) -> Callable[[str], None] | None:
        """Called with a service that is held when somebody wants it: once, until it is held anew.
        Who listens late is told of those before.
        """
        return self._on_summon

    @on_summon.setter
    def on_summon(self, listener: Callable[[str], None] | None) -> None:
        self._on_summon = listener
        missed, self._missed = self._missed, []
        for service in missed:
            self._event({"event": "summon", "port": service})

    async def attach(self, service: str) -> socket.socket:
        """Gives the service's port a new end, in place of the last one, and returns the machine's.

        For ``-netdev stream,server=off,addr.type=fd``: four bytes of length, big-endian, then the
        frame. The caller owns it and closes it once its machine has inherited it.
        """
        machine, ours = socket.socketpair()
        try:
            with ours:
                await self.attach_end(service, ours)
        except BaseException:
            machine.close()
            raise
        return machine

    async def attach_end(self, service: str, end: socket.socket) -> None:
        """Gives the service's port this end, whose other one a machine has already. It is still
        the caller's, who closes it.
        """
        await self._control.command("attach", service, sockets=[end])

    async def detach(self, service: str) -> None:
        """Closes the port's end; connections with it are reset."""
        await self._control.command("detach", service)

    async def hold(self, service: str) -> None:
        """Keeps what would open a connection to the service, until it is released or refused."""
        await self._control.command("hold", service)

    async def sleep(self, service: str, call_port: int) -> bool:
        """Holds the service unless it is in use; returns whether it is held.

        In use: a connection stands to another port than that of calls, or is just being opened;
        or there were datagrams in the last three minutes.
        """
        return bool((await self._control.command("sleep", service, call_port))["held"])

    async def release(self, service: str) -> None:
        """Delivers what was kept for the service, which is ready; from now on nothing is kept."""
        await self._control.command("release", service)

    async def refuse(self, service: str) -> None:
        """Resets what was kept for the service, which does not come up, and keeps nothing more."""
        await self._control.command("refuse", service)

    async def extend(self, plan: Plan, added: Sequence[Replica]) -> None:
        """Gives a plan that has grown by these replicas ports and links for them."""
        for fact in additions(plan, added):
            await self._control.command(fact)

    async def serve(self, replica: str) -> None:
        """The gateway may open connections of exposed ports to it: its machine is ready."""
        await self._control.command("serve", replica)

    async def drain(self, replica: str) -> None:
        """The gateway opens no more of them, as long as other replicas run."""
        await self._control.command("drain", replica)

    async def counters(self) -> Counters:
        """What was forwarded and dropped since the start."""
        return Counters.parse(await self._control.command("counters"))

    async def delay(self, source: str, target: str, seconds: float) -> None:
        """Holds each frame from ``source`` to ``target`` back for so long; 0 ends it."""
        await self._control.command("delay", source, target, round(seconds * 1000))

    async def drop(self, source: str, target: str, percent: int) -> None:
        """Loses so many of a hundred frames from ``source`` to ``target``; 0 ends it."""
        await self._control.command("drop", source, target, percent)

    async def partition(self, one: str, other: str) -> None:
        """Lets nothing pass between the two, in either direction."""
        await self._control.command("partition", one, other)

    async def heal(self) -> None:
        """Ends every delay, loss and partition."""
        await self._control.command("heal")

    async def pcap(self, path: Path | None) -> None:
        """Captures every delivered frame into a new file; None ends the capture.

        A relative path is taken from where this process was when it started the switch.
        """
        await self._control.command("pcap", path or "off")

    async def wait_failed(self) -> str:
        """Waits until the switch ends although nobody closed it; returns what is known of it."""
        if self._watcher is None:
            self._watcher = asyncio.create_task(self._watch())
        return await asyncio.shield(self._watcher)

    async def close(self) -> None:
        """Ends the switch and waits until it is gone. May be called again."""
        self._closed = True
        self._control.close()
        with suppress(ProcessLookupError):
            try:
                await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        await self._reporter
        if self._watcher is not None:
            self._watcher.cancel()
        self.dial_socket.unlink(missing_ok=True)  # still there after a kill

    def _event(self, event: Reply, ready: asyncio.Future[Reply] | None = None) -> None:
        if event["event"] == "ready" and ready is not None and not ready.done():
            ready.set_result(event)
        elif event["event"] == "detached" and self.on_detached is not None:
            self.on_detached(event["port"], event["reason"])
        elif event["event"] == "no-way" and self.on_no_way is not None:
            self.on_no_way(event["port"], _no_way(event))
        elif event["event"] == "summon" and self._on_summon is not None:
            self._on_summon(event["port"])
        elif event["event"] == "summon":
            self._missed.append(event["port"])

    async def _wait_ready(self, ready: asyncio.Future[Reply], plan: Plan) -> None:
        either: set[asyncio.Future[Any]] = {ready, self._control.ended}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            self.exposed = tuple(_exposed(each, plan) for each in ready.result()["expose"])
            return
        status = await self._process.wait()
        await self._reporter
        said = "\n".join(self.said)
        if status == EXIT_USER:
            raise UserError(_fault(said, plan))
        raise SupervisorError(f"the switch did not start (exit code {status}): {said}")

    async def _report(self) -> None:
        assert self._process.stderr is not None  # noqa: S101 - it was asked for
        async for line in self._process.stderr:
            self.said.append(line.decode(errors="replace").rstrip())
            del self.said[:-REPORT_LINES]

    async def _watch(self) -> str:
        status = await self._process.wait()
        await self._reporter
        if self._closed:
            await asyncio.Event().wait()  # it was closed: close() cancels this
        return f"the switch has ended (exit code {status}): " + "\n".join(self.said)


WHY = {
    "egress": "it is not in the service's egress list",
    "refused": "the server refused the connection",
    "unresolved": "the host knows no such name",
    "unreachable": "the host cannot reach it",
    "silent": "the server did not answer in time",
    "crowded": "the service has too many connections outside",
}
"""What came of a connection that did not come about."""


def _exposed(each: Reply, plan: Plan) -> Exposed:
    """A way in, by the name of its service."""
    return Exposed(**{**each, "service": plan.replicas[each["service"]].service})


def _no_way(event: Reply) -> str:
    place, number, why = event["place"], event["number"], event["why"]
    return f"no connection to {place}:{number}: {WHY[why]}"


def _fault(said: str, plan: Plan) -> Fault:
    """What the switch said about a host port, with the place in the topology that asks for it."""
    what, _, remedy = said.removeprefix("switch: ").rpartition(", ")
    found = re.match(r"cannot listen on (\S+) port (\d+):", what)
    for service in plan.services.values():
        for expose in service.service.expose:
            if found and (expose.address, str(expose.host)) == found.groups():
                return Fault(
                    what,
                    remedy,
                    file=str(plan.topology.path),
                    line=service.service.line,
                    key=f"services.{service.name}.expose",
                )
    return Fault(what, remedy)
