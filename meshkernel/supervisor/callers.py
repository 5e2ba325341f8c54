"""Callers are told which replicas they are to call."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from meshkernel.errors import MachineError, SupervisorError
from meshkernel.supervisor.orders import Orders, quietly
from meshkernel.supervisor.replicas import Replicas
from meshkernel.supervisor.runner import Runner
from meshkernel.supervisor.seams import Network
from meshkernel.supervisor.state import State


class Callers:
    """Keeps those who call informed of services that have several replicas: machines, and the
    gateway of ways in.

    A machine hears of all that it calls when it is ready, and of what changes then. What it has not
    read yet is not sent twice: it hears of the last state of things.
    """

    def __init__(self, services: Mapping[str, Replicas], network: Network) -> None:
        self._services = services
        self._network = network
        self._told: dict[str, list[str]] = {}  # of each service, what was told last
        self._news: dict[Runner, set[str]] = {}  # of which services a caller has yet to hear
        self._sending: dict[Runner, asyncio.Task[None]] = {}
        self._opening = Orders()  # ways in

    def changed(self, service: str, runner: Runner) -> None:
        """A replica of this service has changed its state."""
        if runner.state is State.RUNNING:
            peers = self._services[service].planned.peers
            self._tell(runner, {peer.name for peer in peers if self._several(peer.name)})
            if self._exposes(service):
                self._open(runner)
        else:
            self._news.pop(runner, None)
        if self._several(service):
            self.offer(service)

    def offer(self, service: str) -> None:
        """Tell a service's callers whom to call, if that is not what they know."""
        offered = self._addresses(service)
        if self._told.get(service) == offered:
            return
        self._told[service] = offered
        for name in self._services[service].planned.callers:
            for runner in self._services[name].runners:
                if runner.state is State.RUNNING:
                    self._tell(runner, {service})

    def grown(self, service: str) -> None:
        """A service has places for more replicas than before; those that run are told of."""
        for runner in self._services[service].runners:
            if runner.state is State.RUNNING and self._exposes(service):
                self._open(runner)
        self.offer(service)

    async def retire(self, service: str, runners: Iterable[Runner]) -> None:
        """These replicas of a service, which are leaving, get no more calls and connections."""
        self.offer(service)
        if self._exposes(service):
            for runner in runners:
                await quietly(self._network.drain(runner.name))

    def close(self) -> None:
        """Tell nobody any more."""
        for task in self._sending.values():
            task.cancel()
        self._opening.close()

    def _open(self, runner: Runner) -> None:
        self._opening.give(self._network.serve(runner.name))

    def _exposes(self, service: str) -> bool:
        return self._several(service) and bool(self._services[service].planned.service.expose)

    def _several(self, service: str) -> bool:
        return len(self._services[service].runners) > 1

    def _addresses(self, service: str) -> list[str]:
        return [str(address) for address in self._services[service].addresses]

    def _tell(self, runner: Runner, services: Iterable[str]) -> None:
        news = self._news.setdefault(runner, set())
        news.update(services)
        if news and runner not in self._sending:
            self._sending[runner] = asyncio.create_task(self._send(runner))

    async def _send(self, runner: Runner) -> None:
        """All that is new for one machine; what ends meanwhile need not know."""
        try:
            while news := self._news.pop(runner, None):
                peers = {service: self._addresses(service) for service in sorted(news)}
                message: dict[str, Any] = {"type": "replicas", "peers": peers}
                with suppress(MachineError, SupervisorError):
                    await runner.machine.send(message)
        finally:
            # Not when the task is told to be done: news that come before would wait for others.
            del self._sending[runner]
