"""The control channel of a running machine: what its runtime and its library OS say and are asked.

The frames are those of `meshkernel.machine.control`.
"""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgpack
from attrs import define, field

from meshkernel.errors import MachineError
from meshkernel.image.seal import Seal
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
from meshkernel.machine.outcome import Reason
from meshkernel.machine.process import CHUNK, Stream
from meshkernel.trace import Batch, Request, decode
from meshkernel.trace.protocol import STATE

ANSWER_SECONDS = 10.0
"""For the library OS to answer a question."""

OnMessage = Callable[[dict[str, Any]], None]
OnTrace = Callable[[Batch], None]


@define(eq=False)
class Channel:
    """The host's end of a control channel.

    Attributes:
        name: of the machine, for messages.
        on_message: called with each message of the guest's runtime.
        on_trace: called with the records of its trace, while that is on.
        last: the reason and number with which the library OS said that it ends.
        seal: what it told of its memory when it was sealed; it ends then.
        broken: what is wrong with the channel; it is not read any more then.
    """

    name: str
    _stream: Stream
    on_message: OnMessage | None = None
    on_trace: OnTrace | None = None
    last: tuple[Reason, int] | None = None
    seal: Seal | None = None
    broken: str = ""
    _asking: asyncio.Lock = field(factory=asyncio.Lock)
    _answer: asyncio.Future[bytes] | None = None  # of the library OS, to what is being asked

    async def read(self) -> None:
        """Takes what the guest sends until the machine has ended, or `broken` says why not."""
        decoder = Decoder()
        with suppress(ConnectionError):
            while data := await self._stream.reader.read(CHUNK):
                try:
                    for frame in decoder.feed(data):
                        self._take(frame)
                except (ValueError, TypeError, struct.error, msgpack.UnpackException) as error:
                    # ControlError is a ValueError; TypeError: a map that is the key of a map.
                    self.broken = f"its control channel is broken: {error}"
                    return
                with suppress(ConnectionError):  # what it sent before it ended is still read
                    await self._stream.writer.drain()  # a guest that asks has to take the answers

    async def send(self, message: dict[str, Any]) -> None:
        """Sends a message to the guest's runtime; to a machine that has ended, nothing."""
        await self._send(Frame(Kind.RUNTIME, msgpack.packb(message)))

    async def signal(self, number: int) -> None:
        """Sends the program a signal; to a machine that has ended, nothing."""
        await self._send(Frame(Kind.SIGNAL, SIGNAL.pack(number)))

    async def trace(self, request: Request | None, end: asyncio.Future[Any]) -> None:
        """Switches the trace of system calls on, or off for None; ``end`` as for `maps`.

        Raises:
            MachineError: its library OS has no trace, refuses this one, or does not answer.
        """
        kind = Kind.TRACE_START if request else Kind.TRACE_STOP
        await self._ask(Frame(kind, request.encode() if request else b""), end)

    async def maps(self, end: asyncio.Future[Any]) -> bytes:
        """Where the program's files are mapped; nothing if ``end``, the machine's, comes first.

        Raises:
            MachineError: its library OS does not answer.
        """
        return await self._ask(Frame(Kind.MAPS_ASK, b""), end)

    async def start_report(self, end: asyncio.Future[Any]) -> bytes:
        """How the machine's start went, a ``struct control_start``; ``end`` as for `maps`.

        Raises:
            MachineError: its library OS does not answer.
        """
        return await self._ask(Frame(Kind.START_ASK, b""), end)

    async def _ask(self, frame: Frame, end: asyncio.Future[Any]) -> bytes:
        """The library OS's answer to a question; nothing if the machine ends instead. One question
        at a time.
        """
        async with self._asking:
            self._answer = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self._send(frame)
                    ends: set[asyncio.Future[Any]] = {self._answer, end}
                    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                return self._answer.result() if self._answer.done() else b""
            except TimeoutError:
                text = f"the library OS of {self.name} did not answer in {ANSWER_SECONDS:g} s"
                raise MachineError(text) from None
            finally:
                self._answer = None

    async def _send(self, frame: Frame) -> None:
        await self._stream.send(frame.encode())

    def _take(self, frame: Frame) -> None:
        match frame.kind:
            case Kind.TIME_REQUEST:
                monotonic, _ = TIME.unpack(frame.payload)
                reply = Frame(Kind.TIME_REPLY, TIME.pack(monotonic, time.time_ns()))
                self._stream.writer.write(reply.encode())
            case Kind.EXIT | Kind.SEALED:
                self._ends(frame)
            case Kind.RUNTIME:
                message = msgpack.unpackb(frame.payload)
                if not isinstance(message, dict):
                    raise ControlError("a message is not a map")
                if self.on_message is not None:
                    self.on_message(message)
            case Kind.TRACE:
                batch = decode(frame.payload)
                if self.on_trace is not None:
                    self.on_trace(batch)
            case Kind.TRACE_STATE:
                _, refused = STATE.unpack(frame.payload)
                self._answered(
                    fault="cannot be traced: it has too little memory" if refused else ""
                )
            case Kind.MAPS | Kind.START:
                self._answered(frame.payload)
            case Kind.UNKNOWN:
                (kind,) = UNKNOWN.unpack(frame.payload)
                if kind in (Kind.TRACE_START, Kind.TRACE_STOP):
                    self._answered(fault="cannot be traced: its image has no library trace")
            case _:
                raise ControlError(f"frames of kind {frame.kind} are unknown")

    def _ends(self, frame: Frame) -> None:
        if frame.kind == Kind.SEALED:
            self.seal = Seal.decode(frame.payload)
            self.last = (Reason.SEALED, 0)
        else:
            reason, code = EXIT.unpack(frame.payload)
            self.last = (Reason[ExitReason(reason).name], code)

    def _answered(self, answer: bytes = b"", *, fault: str = "") -> None:
        """The library OS has answered, or a fault if it has words."""
        if self._answer is None or self._answer.done():
            return
        if fault:
            self._answer.set_exception(MachineError(f"{self.name} {fault}"))
        else:
            self._answer.set_result(answer)
