# ruff: noqa: ARG002 - every command takes the same
"""What a running mesh answers on its control socket."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from attrs import asdict

from meshkernel.errors import SupervisorError
from meshkernel.network.counters import EgressCounters
from meshkernel.plan.model import CALL_PORT
from meshkernel.supervisor.control import Command, Request, Send
from meshkernel.supervisor.processes import Identity
from meshkernel.supervisor.replicas import Replicas
from meshkernel.supervisor.state import State

if TYPE_CHECKING:
    from meshkernel.supervisor.server import MeshServer


def commands_of(server: MeshServer) -> dict[str, Command]:
    """Every command, by its name."""
    commands = _Commands(server)
    return {
        "ps": commands.ps,
        "info": commands.info,
        "logs": commands.logs,
        "events": commands.events,
        "kill": commands.kill,
        "stop": commands.stop,
        "start": commands.start,
        "restart": commands.restart,
        "scale": commands.scale,
        "trace": commands.trace,
        "debug": commands.debug,
        "shell": commands.shell,
        "shell-input": commands.shell_input,
        "heal": commands.heal,
        "counters": commands.counters,
        "down": commands.down,
    }


class _Commands:
    def __init__(self, server: MeshServer) -> None:
        self._server = server

    async def ps(self, request: Request, send: Send) -> Any:
        """The services, each with what came of its connections to servers outside."""
        ways = (await self._server.network.counters()).egress
        return [
            row.as_map() | {"egress": [_way(each) for each in ways if each.source == row.name]}
            for row in self._server.mesh.rows()
        ]

    async def info(self, request: Request, send: Send) -> Any:
        """What a caller needs to know: where the services are, and the way there."""
        own = Identity.of(os.getpid())
        assert own is not None  # noqa: S101 - this process runs
        return {
            "mesh": self._server.plan.topology.name,
            "topology": str(self._server.plan.topology.path),
            "plan": self._server.digest,
            "supervisor": [own.pid, own.started],
            "dial": str(self._server.network.dial_socket),
            "services": {
                name: self._service(service) for name, service in self._server.mesh.services.items()
            },
            "exposed": [
                {"service": e.service, "host": e.host, "port": e.port, "inside": e.inside}
                for e in self._server.network.exposed
            ],
        }

    def _service(self, service: Replicas) -> dict[str, Any]:
        ready, replicas = service.ready, self._server.plan.replicas
        return {
            "address": str(replicas[ready.name].address),
            "port": ready.port or CALL_PORT,
            "methods": list(ready.methods),
            "state": str(ready.state),
            "replicas": [
                {
                    "name": runner.name,
                    "address": str(replicas[runner.name].address),
                    "port": runner.port or CALL_PORT,
                }
                for runner in service.called
            ],
        }

    async def logs(self, request: Request, send: Send) -> Any:
        services = self._replicas(request.get("services", []))
        async with self._server.logs.following(services) as lines:
            for line in self._server.logs.last(services, request.get("count")):
                await send({"line": line.as_map()})
            if request.get("follow"):
                async for line in lines:
                    await send({"line": line.as_map()})

    async def events(self, request: Request, send: Send) -> Any:
        """What has happened to services, and what happens."""
        named = request.get("services", [])
        names, history = {*named, *self._replicas(named)}, self._server.mesh.history
        async with history.following(names) as coming:
            for each in history.last(names, request.get("since") or 0.0):
                await send({"line": each.as_map()})
            if request.get("follow"):
                async for each in coming:
                    await send({"line": each.as_map()})

    async def kill(self, request: Request, send: Send) -> Any:
        runners = self._server.mesh.of(request.get("service", ""))
        if not sum(runner.kill() for runner in runners):
            runner = runners[0]
            raise SupervisorError(f"{runner.name} has no machine: it is {runner.state}")

    async def stop(self, request: Request, send: Send) -> Any:
        names, grace = self._chosen(request), request.get("grace", self._server.grace)
        await self._server.mesh.stop_services(names, grace)
        return names

    async def start(self, request: Request, send: Send) -> Any:
        names = self._chosen(request)
        if _names_none(request):
            await self._server.mesh.start()
        else:
            await self._server.mesh.start_services(names)
        return names

    async def restart(self, request: Request, send: Send) -> Any:
        if _names_none(request):
            await self.stop(request, send)
            return await self.start(request, send)
        names, grace = self._chosen(request), request.get("grace", self._server.grace)
        await self._server.mesh.restart_services(self._named(request), grace)
        return names

    def _chosen(self, request: Request) -> list[str]:
        """The services that a request names: one, several, or for none of them all."""
        if self._server.stop_asked.is_set():
            raise SupervisorError("the mesh is being stopped")
        return self._replicas(self._named(request) or self._server.mesh.services)

    @staticmethod
    def _named(request: Request) -> list[str]:
        return [request["service"]] if "service" in request else request.get("services", [])

    def _replicas(self, names: Iterable[str]) -> list[str]:
        """The names of the replicas that are meant by names of services and replicas."""
        found = [runner.name for name in names for runner in self._server.mesh.of(name)]
        return list(dict.fromkeys(found))

    async def scale(self, request: Request, send: Send) -> Any:
        """Run another number of replicas, or (nil) as many as the load asks for."""
        if self._server.stop_asked.is_set():
            raise SupervisorError("the mesh is being stopped")
        count = request.get("count")
        if count is not None and (type(count) is not int or count < 0):
            raise SupervisorError(f"{count!r} is no number of replicas")
        await self._server.mesh.scale(request.get("service", ""), count)

    async def debug(self, request: Request, send: Send) -> Any:
        runner = self._server.mesh.runner(request.get("service", ""))
        with runner.attended():
            return await self._server.debuggers.attend(runner, send)

    async def shell(self, request: Request, send: Send) -> Any:
        runner = self._server.mesh.runner(request.get("service", ""))
        with runner.attended():
            return await self._server.shells.serve(runner, send)

    async def shell_input(self, request: Request, send: Send) -> Any:
        await self._server.shells.type(request)

    async def trace(self, request: Request, send: Send) -> Any:
        """The records of a service's trace, for as long as the client listens."""
        runner = self._server.mesh.runner(request.get("service", ""))
        with runner.attended():
            return await self._server.traces.follow(runner, request, send)

    async def heal(self, request: Request, send: Send) -> Any:
        """Start what does not run; returns the names of those."""
        if self._server.stop_asked.is_set():
            raise SupervisorError("the mesh is being stopped")
        ailing = [
            runner.name
            for service in self._server.mesh.services.values()
            for runner in service.chosen
            if runner.state in (State.FAILED, State.STOPPED)
        ]
        await self._server.mesh.start()
        return ailing

    async def counters(self, request: Request, send: Send) -> Any:
        counters = asdict(await self._server.network.counters())
        counters["links"] = list(counters["links"].values())
        return counters

    async def down(self, request: Request, send: Send) -> Any:
        self._server.stop_asked.set()
        await self._server.stopped.wait()


def _way(way: EgressCounters) -> dict[str, Any]:
    """A way out as ``ps`` has it: the service is known."""
    return asdict(way, filter=lambda attribute, _: attribute.name != "source")


def _names_none(request: Request) -> bool:
    """Whether all services are meant: those that sleep are not woken for it."""
    return "service" not in request and not request.get("services")
