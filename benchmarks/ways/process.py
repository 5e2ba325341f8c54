"""Services as processes of the same interpreter on this host, with the same runtime."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import sysconfig
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import msgpack
from attrs import frozen

from benchmarks.ways.base import Running, Word, knock
from meshkernel.config import boot
from meshkernel.plan.model import Plan

HERE = "127.0.0.1"
LARGEST = 1 << 20
START = "import sys; from {module} import main; sys.exit(main(*{arguments!r}))"
RUNTIME = "meshkernel.guest.runtime"
INTERPRETER = Path(sys.executable).resolve()
PACKAGE = Path(__file__).resolve().parents[2]


@frozen
class Ports:
    """Where on the loopback the services of a plan are: their calls, and their HTTP."""

    calls: Mapping[str, int]
    web: Mapping[str, int]

    @classmethod
    def free(cls, plan: Plan) -> Ports:
        """Ports that nobody listens on just now."""
        found = iter(_free(2 * len(plan.services)))
        return cls(
            {name: next(found) for name in plan.services},
            {name: next(found) for name in plan.services},
        )


def _free(count: int) -> list[int]:
    opened = [socket.create_server((HERE, 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in opened]
    for each in opened:
        each.close()
    return ports


@frozen
class AsProcess:
    """A service of a plan as a process; those that it calls are where ``ports`` has them.

    ``runtime`` is the module whose ``main`` runs it.
    """

    plan: Plan
    service: str
    ports: Ports
    name: str = "process"
    runtime: str = RUNTIME

    @asynccontextmanager
    async def start(self) -> AsyncIterator[Running]:
        """Starts the interpreter, as a machine does: without ``site``."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours:
            ours.setblocking(False)
            with theirs:
                arguments = (theirs.fileno(),)
                code = START.format(module=self.runtime, arguments=arguments)
                started = time.monotonic()
                process = await asyncio.create_subprocess_exec(
                    *(INTERPRETER, "-S", "-c", code),
                    pass_fds=[theirs.fileno()],
                    env=self._environment(),
                    cwd=self.plan.topology.root,
                )
            word = Word()
            listening = asyncio.create_task(_listen(ours, word))
            try:
                yield Running(process.pid, started, word.said, self.connect)
            finally:
                listening.cancel()
                process.kill()
                await process.wait()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """To its calls, or to its HTTP if it is an ASGI application."""
        asgi = self.plan.services[self.service].service.asgi
        return await knock(HERE, (self.ports.web if asgi else self.ports.calls)[self.service])

    def _configuration(self) -> str:
        """As that of the machine, but for addresses and ports."""
        planned = self.plan.services[self.service]
        values = json.loads(boot.service_json(self.plan, planned, planned.replicas[0]))
        values |= {
            "host": HERE,
            "port": self.ports.calls[self.service],
            "http_port": self.ports.web[self.service],
        }
        for name, peer in values["peers"].items():
            peer |= {"addresses": [HERE], "port": self.ports.calls[name]}
        return json.dumps(values)

    def _environment(self) -> dict[str, str]:
        site = sysconfig.get_path("purelib")
        folders = [str(self.plan.topology.root.resolve()), site, str(PACKAGE)]
        own = dict(self.plan.services[self.service].service.env)
        told = {boot.CONFIGURATION: self._configuration()}
        usual = {"PATH": os.defpath, **boot.ENVIRONMENT, "PYTHONPATH": ":".join(folders)}
        return usual | own | told


async def _listen(control: socket.socket, word: Word) -> None:
    """What the service says on its control channel, a message at a time."""
    loop = asyncio.get_running_loop()
    while data := await loop.sock_recv(control, LARGEST):
        word.message(msgpack.unpackb(data))
