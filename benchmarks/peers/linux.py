"""The echo program on a specialised Linux: a microVM with the same CPython and files, on the same
wires.
"""

from __future__ import annotations

import asyncio
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from attrs import define

from benchmarks.peers.base import OnReady, ReadyWatch, Running
from benchmarks.peers.microvm import Kernel, files_of, network_words
from benchmarks.peers.unikernel import Unikernel, wires


@define
class Linux:
    """A Linux kernel and an initramfs with the files of our image."""

    unikernel: Unikernel
    kernel: Kernel
    initramfs: Path
    name: str = "linux"

    @classmethod
    def build(cls, unikernel: Unikernel, kernel: Path, out: Path) -> Linux:
        """Unpacks the kernel (`vmlinux` or `vmlinux.xz`) and packs the files, below `out`."""
        made = Kernel.tiny(kernel, out)
        return cls(unikernel, made, made.initramfs(files_of(unikernel.image.path), out))

    @classmethod
    def build_debian(cls, unikernel: Unikernel, out: Path) -> Linux:
        """Fetches Debian's cloud kernel and packs its modules and the files, below `out`."""
        made = Kernel.debian(out)
        initramfs = made.initramfs(files_of(unikernel.image.path), out)
        return cls(unikernel, made, initramfs, "linux (Debian)")

    def sizes(self) -> tuple[int, int]:
        """The kernel; the initramfs."""
        return self.kernel.path.stat().st_size, self.initramfs.stat().st_size

    def _words(self) -> list[str]:
        return [
            *network_words(self.unikernel.plan, self.unikernel.service),
            "PYTHONHOME=/usr PYTHONUNBUFFERED=1",
            f"PROGRAM={':'.join(self.unikernel.run.command())}",
        ]

    @asynccontextmanager
    async def boot(self, memory: int, on_ready: OnReady) -> AsyncIterator[Running]:
        """A machine with that memory."""
        service = self.unikernel.service
        async with wires(self.unikernel.plan, self.unikernel.native) as switch:
            with await switch.attach(service.name) as network:
                number = network.fileno()
                words = self.kernel.arguments(
                    self.initramfs, memory, self._words(), number, str(service.mac)
                )
                started = time.monotonic()
                machine = await asyncio.create_subprocess_exec(
                    *words, stdin=DEVNULL, stdout=PIPE, pass_fds=[number]
                )
            assert machine.stdout is not None
            reader = asyncio.create_task(ReadyWatch(on_ready).follow(machine.stdout))
            try:
                (way_in,) = switch.exposed
                yield Running(way_in.host, way_in.port, machine.pid, started)
            finally:
                machine.kill()
                await machine.wait()
                await reader
