"""What the benchmark asks of each peer: boot the echo program, say where it listens, end."""

from __future__ import annotations

from asyncio import StreamReader
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from attrs import frozen

PROGRAM = Path(__file__).parent.parent / "programs" / "echo_server.py"
PORT = 9000
READY = b"READY"

OnReady = Callable[[], None]


@frozen
class Running:
    """One running copy of the program.

    Attributes:
        host, port: where its echo answers, from this host.
        pid: of the process that it costs: QEMU, or the interpreter itself.
        started: `time.monotonic` just before that process was made, in seconds.
    """

    host: str
    port: int
    pid: int
    started: float


class Peer(Protocol):
    """One way of running the program."""

    name: str

    def sizes(self) -> tuple[int, int]:
        """Bytes of the kernel and of everything else that is booted."""

    def boot(self, memory: int, on_ready: OnReady) -> AbstractAsyncContextManager[Running]:
        """Starts it with that much memory (bytes); `on_ready` is called once it says READY."""


class ReadyWatch:
    """Looks for the word in a console's bytes, however they are cut."""

    def __init__(self, on_ready: OnReady) -> None:
        self._seen = b""
        self._on_ready: OnReady | None = on_ready

    def feed(self, data: bytes) -> None:
        """Takes what the console said next."""
        if self._on_ready is None:
            return
        self._seen = (self._seen + data)[-4096:]
        if READY in self._seen:
            self._on_ready()
            self._on_ready = None

    async def follow(self, output: StreamReader) -> None:
        """Takes what a stream says until it ends."""
        while data := await output.read(4096):
            self.feed(data)

    @property
    def seen(self) -> str:
        """The end of the console, for a message."""
        return self._seen.decode(errors="replace")
