"""One running virtual machine.

::

    async with Machine.start(spec, on_message=..., on_console=...) as machine:
        await machine.send({"type": "ping", "id": 1})
        ended = await machine.wait()

QEMU belongs to the block: it is gone when the block is left, however that happens, and the kernel
ends it if this process is killed.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgpack
from attrs import define, field, frozen

from meshkernel.errors import MachineError
from meshkernel.machine import boot
from meshkernel.machine.arguments import Descriptors, MachineSpec, arguments
from meshkernel.machine.control import (
    EXIT,
    SIGNAL,
    TIME,
    UNKNOWN,
    ControlError,
    Decoder,
    ExitReason,
    Frame,
    Kind,
)
from meshkernel.machine.qmp import Qmp
from meshkernel.toolchain import tools
from meshkernel.trace import Batch, Request, decode
from meshkernel.trace.protocol import STATE

CONSOLE_KEPT = 1 << 16
"""Bytes of the console's end that a machine remembers."""
CHUNK = 1 << 16
PREFIX = "meshkernel: "
"""How lines of the library OS start on the console."""

PANIC = "panic: "
ENDS = (PANIC, "the program was ended by ", "out of memory: ")
"""How the sentence starts that says why a machine stopped; more lines follow it."""

PR_SET_PDEATHSIG = 1
SO_SNDBUFFORCE = 32  # linux/socket.h

IN_FLIGHT = 4 << 20
"""Bytes that QEMU may have sent on a socket before they are read: what a guest queues, twice."""

OnMessage = Callable[[dict[str, Any]], None]
OnConsole = Callable[[bytes], None]
OnTrace = Callable[[Batch], None]

ANSWER_SECONDS = 10.0
"""For the library OS to answer a question."""


class Reason(StrEnum):
    """How a machine came to its end."""

    STATUS = "status"
    SIGNAL = "signal"
    PANIC = "panic"
    OUT_OF_MEMORY = "out of memory"
    KILLED = "killed"
    LOST = "lost"


@frozen
class MachineExit:
    """The end of a machine.

    Attributes:
        reason: what ended it.
        code: the program's status (0-255), the signal's number, or MiB of memory.
        said: what the library OS last said on the console, or QEMU on its way out.
    """

    reason: Reason
    code: int
    said: str = ""

    @property
    def status(self) -> int:
        """The status that a shell would see: 0 only if the program ended well."""
        if self.reason is Reason.STATUS:
            return self.code
        by_signal = self.reason in (Reason.SIGNAL, Reason.KILLED)
        return 128 + self.code if by_signal else 125

    @property
    def sentence(self) -> str:
        """The end in plain words."""
        text = {
            Reason.STATUS: f"ended with status {self.code}",
            Reason.SIGNAL: f"was ended by signal {self.code}",
            Reason.PANIC: "stopped",
            Reason.OUT_OF_MEMORY: f"ran out of its {self.code} MiB of memory",
            Reason.KILLED: "was killed",
            Reason.LOST: "ended without a word",
        }[self.reason]
        return f"{text}: {self.said}" if self.said else text


@define(eq=False)
class Machine:
    """A machine that runs; made by `Machine.start`.

    Attributes:
        spec: what it was made from.
        pid: of its QEMU.
        started: `time.monotonic` when its QEMU was started, in seconds.
        qmp: QEMU's own protocol.
        on_trace: called with the records of its trace, while that is on.
    """

    spec: MachineSpec
    started: float
    qmp: Qmp
    _process: asyncio.subprocess.Process
    _serial: asyncio.StreamWriter
    _control: asyncio.StreamWriter
    _on_message: OnMessage | None
    _on_console: OnConsole | None
    on_trace: OnTrace | None = None
    _console: bytearray = field(factory=bytearray)
    _errors: bytearray = field(factory=bytearray)
    _asking: asyncio.Lock = field(factory=asyncio.Lock)
    _answer: asyncio.Future[bytes] | None = None  # of the library OS, to what is being asked
    _last: tuple[Reason, int] | None = None
    _killed: bool = False
    _broken: str = ""  # what is wrong with the control channel
    _tasks: list[asyncio.Task[None]] = field(factory=list)
    _end: asyncio.Task[MachineExit] | None = None

    @classmethod
    @asynccontextmanager
    async def start(
        cls,
        spec: MachineSpec,
        *,
        network: socket.socket | None = None,
        on_message: OnMessage | None = None,
        on_console: OnConsole | None = None,
        on_trace: OnTrace | None = None,
    ) -> AsyncIterator[Machine]:
        """Boots a machine; it is killed, if it still runs, when the block ends.

        Args:
            spec: the machine.
            network: the switch's socket for its network device; it is taken over, and closed.
            on_message: called with each message of the guest's runtime.
            on_console: called with the console's bytes as they come.
            on_trace: called with the records of its trace, if its spec asks for one.

        Raises:
            MachineError: QEMU could not start it; has QEMU's words.
        """
        with network or ExitStack():
            machine = await cls._launch(spec, network, on_message, on_console)
            machine.on_trace = on_trace
        try:
            await machine._greet()
            yield machine
        finally:
            await machine._close()

    @classmethod
    async def _launch(
        cls,
        spec: MachineSpec,
        network: socket.socket | None,
        on_message: OnMessage | None,
        on_console: OnConsole | None,
    ) -> Machine:
        program = tools.qemu().path
        with ExitStack() as theirs:
            ours = []
            numbers = []
            for _ in range(3):
                left, right = socket.socketpair()
                theirs.callback(right.close)
                _widen(right)
                ours.append(left)
                numbers.append(right.fileno())
            try:
                memory = boot.in_memory(_configuration(spec))
                theirs.callback(os.close, memory)
                serial_fd, control_fd, qmp_fd = numbers
                descriptors = Descriptors(
                    serial=serial_fd,
                    control=control_fd,
                    qmp=qmp_fd,
                    boot=memory,
                    network=network.fileno() if network else None,
                )
                command = arguments(program, spec, descriptors)
                started = time.monotonic()
                process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.PIPE,
                    pass_fds=[
                        *(number for number in _numbers(descriptors) if number is not None),
                        *spec.inherited,
                    ],
                    start_new_session=True,
                    preexec_fn=_die_with_parent(os.getpid()),
                )
            except BaseException:
                for end in ours:
                    end.close()
                raise
        (serial, serial_out), (control, control_out), (qmp, qmp_out) = [
            await asyncio.open_connection(sock=end) for end in ours
        ]
        machine = cls(
            spec, started, Qmp(qmp, qmp_out), process, serial_out, control_out,
            on_message, on_console,
        )  # fmt: skip
        machine._run(serial, control)
        return machine

    def _run(self, serial: asyncio.StreamReader, control: asyncio.StreamReader) -> None:
        assert self._process.stderr is not None  # noqa: S101 - asked for above
        readers = [
            asyncio.create_task(self._read_console(serial)),
            asyncio.create_task(self._read_control(control)),
            asyncio.create_task(self._read_errors(self._process.stderr)),
        ]
        self._tasks += readers
        self._end = asyncio.create_task(self._watch(readers))

    async def _greet(self) -> None:
        greeting = asyncio.create_task(self.qmp.greet())
        end = self._ending()
        await asyncio.wait([greeting, end], return_when=asyncio.FIRST_COMPLETED)
        try:
            await greeting
        except MachineError as error:
            ended = await end
            if self._last is None:  # else it was just faster than we are
                raise MachineError(
                    f"QEMU could not start {self.spec.name}: {ended.said or error}"
                ) from error

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def console(self) -> bytes:
        """The end of what was written to the console."""
        return bytes(self._console)

    @property
    def image(self) -> Path:
        """What it has booted."""
        return self.spec.image

    @property
    def facts(self) -> dict[str, str]:
        """About the machine, for a report."""
        return {
            "memory": f"{self.spec.memory >> 20} MiB",
            "executed": f"by {self.spec.accel}, in process {self.pid}",
        }

    @property
    def running(self) -> bool:
        return not self._ending().done()

    async def send(self, message: dict[str, Any]) -> None:
        """Sends a message to the guest's runtime; to a machine that has ended, nothing."""
        await self._send(Frame(Kind.RUNTIME, msgpack.packb(message)))

    async def signal(self, number: int) -> None:
        """Sends the program a signal, as ``kill`` does; to a machine that has ended, nothing."""
        await self._send(Frame(Kind.SIGNAL, SIGNAL.pack(number)))

    async def trace(self, request: Request | None, on_trace: OnTrace | None = None) -> None:
        """Switches the trace of system calls on, or off for None.

        Args:
            request: what is to be traced.
            on_trace: called with the records from now on, if it is given.

        Raises:
            MachineError: its library OS has no trace, refuses this one, or does not answer.
        """
        if on_trace is not None:
            self.on_trace = on_trace
        kind = Kind.TRACE_START if request else Kind.TRACE_STOP
        frame = Frame(kind, request.encode() if request else b"")
        await self._ask(frame)

    async def maps(self) -> str:
        """Where the program's files are mapped: lines ``address path``.

        Raises:
            MachineError: its library OS does not answer.
        """
        return (await self._ask(Frame(Kind.MAPS_ASK, b""))).decode(errors="replace")

    async def _ask(self, frame: Frame) -> bytes:
        """The library OS's answer to a question; nothing if the machine ends instead. One question
        at a time.
        """
        async with self._asking:
            self._answer = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self._send(frame)
                    ends: set[asyncio.Future[Any]] = {self._answer, self._ending()}
                    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                return self._answer.result() if self._answer.done() else b""
            except TimeoutError:
                text = f"the library OS of {self.spec.name} did not answer in {ANSWER_SECONDS:g} s"
                raise MachineError(text) from None
            finally:
                self._answer = None

    async def interrupt(self) -> None:
        """Has the library OS say where it is, even where it does not answer, and end (an NMI).

        Raises:
            MachineError: QEMU cannot, or is gone.
        """
        await self.qmp.execute("inject-nmi")

    async def _send(self, frame: Frame) -> None:
        with suppress(ConnectionError):
            self._control.write(frame.encode())
            await self._control.drain()

    async def type(self, data: bytes) -> None:
        """Writes bytes to the console's input; a machine that has ended takes them in silence."""
        with suppress(ConnectionError):
            self._serial.write(data)
            await self._serial.drain()

    async def wait(self) -> MachineExit:
        """Waits for the machine's end."""
        return await asyncio.shield(self._ending())

    def kill(self) -> None:
        """Ends the machine at once. It is gone when `wait` returns."""
        if self._process.returncode is None:
            self._killed = True
            with suppress(ProcessLookupError):
                self._process.kill()

    def _ending(self) -> asyncio.Task[MachineExit]:
        assert self._end is not None  # noqa: S101 - set before anyone sees the machine
        return self._end

    async def _watch(self, readers: list[asyncio.Task[None]]) -> MachineExit:
        code = await self._process.wait()
        # What QEMU passed on is still in the sockets; they end now.
        await asyncio.gather(*readers, return_exceptions=True)
        sentence = _sentence(bytes(self._console))
        if self._broken:
            return MachineExit(Reason.LOST, code, self._broken)
        if self._last is not None:
            reason, number = self._last
            return MachineExit(reason, number, "" if reason is Reason.STATUS else sentence)
        errors = self._errors.decode(errors="replace").strip().splitlines()
        if self._killed:
            return MachineExit(Reason.KILLED, -code)
        by_signal = f"its QEMU was ended by {signal.Signals(-code).name}" if code < 0 else ""
        return MachineExit(Reason.LOST, code, by_signal or (errors[-1] if errors else sentence))

    async def _read_console(self, reader: asyncio.StreamReader) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                self._console += data
                del self._console[:-CONSOLE_KEPT]
                if self._on_console is not None:
                    self._on_console(data)

    async def _read_errors(self, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(CHUNK):
            self._errors += data
            del self._errors[:-CONSOLE_KEPT]

    async def _read_control(self, reader: asyncio.StreamReader) -> None:
        decoder = Decoder()
        with suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                try:
                    for frame in decoder.feed(data):
                        self._take(frame)
                except (ValueError, TypeError, struct.error, msgpack.UnpackException) as error:
                    # ControlError is a ValueError; TypeError: a map that is the key of a map.
                    self._broken = f"its control channel is broken: {error}"
                    with suppress(ProcessLookupError):
                        self._process.kill()
                    return
                with suppress(ConnectionError):  # what it sent before it ended is still read
                    await self._control.drain()  # a guest that asks has to take the answers

    def _take(self, frame: Frame) -> None:
        match frame.kind:
            case Kind.TIME_REQUEST:
                monotonic, _ = TIME.unpack(frame.payload)
                reply = Frame(Kind.TIME_REPLY, TIME.pack(monotonic, time.time_ns()))
                self._control.write(reply.encode())
            case Kind.EXIT:
                reason, code = EXIT.unpack(frame.payload)
                name = ExitReason(reason).name
                self._last = (Reason[name], code)
            case Kind.RUNTIME:
                message = msgpack.unpackb(frame.payload)
                if not isinstance(message, dict):
                    raise ControlError("a message is not a map")
                if self._on_message is not None:
                    self._on_message(message)
            case Kind.TRACE:
                batch = decode(frame.payload)
                if self.on_trace is not None:
                    self.on_trace(batch)
            case Kind.TRACE_STATE:
                _, refused = STATE.unpack(frame.payload)
                self._answered(
                    fault="cannot be traced: it has too little memory" if refused else ""
                )
            case Kind.MAPS:
                self._answered(frame.payload)
            case Kind.UNKNOWN:
                (kind,) = UNKNOWN.unpack(frame.payload)
                if kind in (Kind.TRACE_START, Kind.TRACE_STOP):
                    self._answered(fault="cannot be traced: its image has no library trace")
            case _:
                raise ControlError(f"frames of kind {frame.kind} are unknown")

    def _answered(self, answer: bytes = b"", *, fault: str = "") -> None:
        """The library OS has answered, or a fault if it has words."""
        if self._answer is None or self._answer.done():
            return
        if fault:
            self._answer.set_exception(MachineError(f"{self.spec.name} {fault}"))
        else:
            self._answer.set_result(answer)

    async def _close(self) -> None:
        self.kill()
        try:
            await asyncio.shield(self._ending())
        finally:
            for writer in (self._serial, self._control, self.qmp.writer):
                writer.close()
            for task in self._tasks:
                task.cancel()


def _configuration(spec: MachineSpec) -> bytes:
    return boot.complete(spec.boot, spec.secrets, spec.trace.encode() if spec.trace else b"")


def _widen(end: socket.socket) -> None:
    """Room for what QEMU sends while this process is busy: its virtconsole loses what does not fit,
    in the middle of a frame. An ordinary user gets as much as the host allows.
    """
    try:
        end.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, IN_FLIGHT)
    except PermissionError:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, IN_FLIGHT)


def _numbers(descriptors: Descriptors) -> tuple[int | None, ...]:
    return (
        descriptors.serial,
        descriptors.control,
        descriptors.qmp,
        descriptors.boot,
        descriptors.network,
    )


def _die_with_parent(parent: int) -> Callable[[], None]:
    """What the child runs before QEMU: it is killed when its parent dies, however that happens."""
    library = ctypes.CDLL(None)

    def prepare() -> None:
        library.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def _sentence(console: bytes) -> str:
    """Why the library OS stopped, by its own words; else the last thing that it said."""
    lines = console.decode(errors="replace").splitlines()
    said = [line.removeprefix(PREFIX).strip() for line in lines if line.startswith(PREFIX)]
    ends = [line.removeprefix(PANIC) for line in said if line.startswith(ENDS)]
    return next(iter(ends or said[-1:]), "")
