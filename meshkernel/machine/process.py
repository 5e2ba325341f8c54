"""QEMU as a process: started with sockets that nobody else can open, gone when we are.

A machine is started here and nowhere else, whatever its memory is made of: that is a matter of the
arguments (`meshkernel.machine.arguments`) and of the descriptors that QEMU inherits.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from attrs import define, field, frozen

from meshkernel.machine import boot
from meshkernel.machine.arguments import Descriptors, MachineSpec, arguments
from meshkernel.toolchain import tools

CHUNK = 1 << 16
ERRORS_KEPT = 1 << 16
"""Bytes of the end of QEMU's standard error that are remembered."""

SO_SNDBUFFORCE = 32  # linux/socket.h

IN_FLIGHT = 4 << 20
"""Bytes that QEMU may have sent on a socket before they are read: what a guest queues, twice."""

SOCKETS = ("serial", "control", "qmp")


@frozen
class Stream:
    """Our end of one of QEMU's sockets."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Sends bytes; to a machine that has ended, nothing."""
        with suppress(ConnectionError):
            self.writer.write(data)
            await self.writer.drain()


@define(eq=False)
class Qemu:
    """A QEMU that runs; made by `launch`.

    Attributes:
        started: `time.monotonic` when it was, in seconds; of one that stood by: when it was needed.
        serial, control, qmp: our ends of its sockets.
        killed: we have ended it because someone asked for that.
    """

    started: float
    _process: asyncio.subprocess.Process
    serial: Stream
    control: Stream
    qmp: Stream
    killed: bool = False
    _errors: bytearray = field(factory=bytearray)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def errors(self) -> bytes:
        """The end of what it wrote to its standard error."""
        return bytes(self._errors)

    async def read_errors(self) -> None:
        """Takes what it writes to its standard error until it has ended."""
        assert self._process.stderr is not None  # noqa: S101 - asked for below
        while data := await self._process.stderr.read(CHUNK):
            self._errors += data
            del self._errors[:-ERRORS_KEPT]

    async def wait(self) -> int:
        """Waits for its end; its status, or a signal's number, negative."""
        return await self._process.wait()

    def kill(self) -> None:
        """Ends it at once, because someone wants it to end."""
        if self._process.returncode is None:
            self.killed = True
            self.end()

    def end(self) -> None:
        """Ends it at once, because it cannot go on."""
        with suppress(ProcessLookupError):
            self._process.kill()

    def close(self) -> None:
        """Closes our ends of its sockets."""
        for stream in (self.serial, self.control, self.qmp):
            stream.writer.close()


async def launch(spec: MachineSpec, network: socket.socket | None) -> Qemu:
    """Starts QEMU with a machine; it is killed if this process ends, however that happens.

    Args:
        spec: the machine.
        network: the switch's socket for its network device; QEMU gets a copy.
    """

    def words(descriptors: Descriptors) -> list[str]:
        return arguments(tools.qemu().path, spec, descriptors)

    memory = boot.in_memory(configuration(spec))
    try:
        number = network.fileno() if network else None
        kept = [*spec.inherited, *spec.memory_files]
        return await execute(spec.launcher, words, memory, number, kept)
    finally:
        os.close(memory)


async def execute(
    launcher: Path,
    words: Callable[[Descriptors], list[str]],
    memory: int,
    network: int | None,
    kept: Sequence[int] = (),
) -> Qemu:
    """Starts QEMU with sockets that nobody else can open.

    Args:
        launcher: see `meshkernel.machine.launcher`.
        words: makes the command line of what QEMU inherits.
        memory: the descriptor of the boot configuration.
        network: that of its network device.
        kept: descriptors that it only keeps open.
    """
    with ExitStack() as theirs, _pairs(theirs) as (ours, numbers):
        descriptors = Descriptors(**numbers, boot=memory, network=network)
        started = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *(launcher, str(os.getpid())),
            *words(descriptors),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            pass_fds=[*descriptors.numbers, *kept],
            process_group=0,  # so Ctrl-C is not for it; in our session still: docs/decisions.md
        )
    try:
        serial, control, qmp = [Stream(*await asyncio.open_connection(sock=end)) for end in ours]
    except BaseException:  # somebody does not want it any more
        process.kill()
        raise
    return Qemu(started, process, serial, control, qmp)


@contextmanager
def _pairs(theirs: ExitStack) -> Iterator[tuple[list[socket.socket], dict[str, int]]]:
    """Our ends of QEMU's sockets, closed if the block fails, and the numbers of its own by name,
    closed with ``theirs``.
    """
    with ExitStack() as failed:
        ours = []
        numbers = {}
        for name in SOCKETS:
            left, right = socket.socketpair()
            failed.callback(left.close)
            theirs.callback(right.close)
            _widen(right)
            ours.append(left)
            numbers[name] = right.fileno()
        yield ours, numbers
        failed.pop_all()


def configuration(spec: MachineSpec) -> bytes:
    """What a machine is told at this boot."""
    trace = spec.trace.encode() if spec.trace else b""
    return boot.complete(spec.boot, spec.secrets, trace, spec.wall, spec.seed)


def _widen(end: socket.socket) -> None:
    """Room for what QEMU sends while this process is busy: its virtconsole loses what does not fit,
    in the middle of a frame. An ordinary user gets as much as the host allows.
    """
    try:
        end.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, IN_FLIGHT)
    except PermissionError:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, IN_FLIGHT)
