"""Services as Linux microVMs: the files of our image on the tiny kernel, on the same wires."""

from __future__ import annotations

import asyncio
import stat
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from attrs import frozen

from benchmarks.peers import cpio
from benchmarks.peers.base import ReadyWatch
from benchmarks.peers.microvm import Kernel, files_of, network_words
from benchmarks.ways.base import Connect, Running, Word
from meshkernel.config import boot
from meshkernel.network.switch import Switch
from meshkernel.plan.model import Plan

CONFIGURATION = "/etc/meshkernel/service.json"
"""Of the runtime: a kernel's command line is too short for the variable."""

PROGRAM = Path(__file__).parents[1] / "programs" / "linux_service.py"
LEAST_MEMORY = 128 << 20
"""Bytes: an initramfs is in memory twice while it is unpacked."""


@frozen
class OnLinux:
    """A service of a plan on Linux, on a switch of that plan."""

    plan: Plan
    service: str
    kernel: Kernel
    initramfs: Path
    switch: Switch
    connect: Connect
    name: str = "linux"

    @asynccontextmanager
    async def start(self) -> AsyncIterator[Running]:
        """Boots it; the runtime's word comes over the console."""
        planned = self.plan.services[self.service]
        memory = max(2 * planned.service.memory, LEAST_MEMORY)
        with await self.switch.attach(self.service) as network:
            number = network.fileno()
            words = self.kernel.arguments(
                self.initramfs, memory, self._words(), number, str(planned.mac)
            )
            started = time.monotonic()
            machine = await asyncio.create_subprocess_exec(
                *words, stdin=DEVNULL, stdout=PIPE, pass_fds=[number]
            )
        assert machine.stdout is not None
        word = Word()
        reader = asyncio.create_task(ReadyWatch(word.now).follow(machine.stdout))
        try:
            yield Running(machine.pid, started, word.said, self.connect)
        finally:
            machine.kill()
            await machine.wait()
            await reader

    def _words(self) -> list[str]:
        planned = self.plan.services[self.service]
        environment = boot.environment(planned) | {"PYTHONHOME": "/usr"}
        script = f"{boot.DIRECTORY}/{PROGRAM.name}"
        return [
            *network_words(self.plan, planned),
            *(f"{name}={value}" for name, value in environment.items()),
            f"PROGRAM={boot.INTERPRETER}:-S:{script}",
        ]


def initramfs(plan: Plan, service: str, kernel: Kernel, image: Path, out: Path) -> Path:
    """The files of a cold image, with the configuration that a machine gets at boot."""
    files = files_of(image)
    planned = plan.services[service]
    configuration = boot.service_json(plan, planned, planned.replicas[0]).encode()
    for path, data in (
        (CONFIGURATION, configuration),
        (f"{boot.DIRECTORY}/{PROGRAM.name}", PROGRAM.read_bytes()),
    ):
        files[path.lstrip("/")] = cpio.Node(stat.S_IFREG | 0o644, data)
    return kernel.initramfs(files, out / service)
