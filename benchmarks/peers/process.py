"""The program as a process of the same interpreter on the host."""

from __future__ import annotations

import asyncio
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.peers.base import PORT, PROGRAM, OnReady, ReadyWatch, Running

INTERPRETER = Path(sys.executable).resolve()


class Process:
    """No kernel of its own, no files of its own, and as much memory as it likes."""

    name = "process"

    def sizes(self) -> tuple[int, int]:
        """Nothing is booted."""
        return 0, 0

    @asynccontextmanager
    async def boot(self, memory: int, on_ready: OnReady) -> AsyncIterator[Running]:
        """Starts the interpreter; its memory is not limited."""
        del memory
        started = time.monotonic()
        process = await asyncio.create_subprocess_exec(INTERPRETER, "-I", PROGRAM, stdout=PIPE)
        assert process.stdout is not None
        reader = asyncio.create_task(ReadyWatch(on_ready).follow(process.stdout))
        try:
            yield Running("127.0.0.1", PORT, process.pid, started)
        finally:
            process.kill()
            await process.wait()
            await reader
