"""The calling end of a connection: many calls at a time, each with its own deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from typing import Any

from meshkernel.errors import DeadlineExceeded, MayHaveRun, NotDelivered, RemoteError
from meshkernel.wire import codec, deadline, faults, frames, types
from meshkernel.wire.connection import FrameProtocol
from meshkernel.wire.faults import Closing, Silent
from meshkernel.wire.types import Reader

_LAST_IDENTIFIER = 0xFFFF_FFFF

LISTENINGS = 4
"""So often it is looked whether the callee of a call lives that may be made elsewhere."""

LISTENING = (0.5, 2.5)
"""Seconds between two such looks, at least and at most: a busy machine may be silent for less than
the one, and nobody is to wait for more than the other because a link has a long timeout.
"""

Answer = tuple[int, bytes | None]


class CallerConnection(FrameProtocol):
    """Calls to one peer.

    Args:
        name: of the caller, which the hello tells.
        target: of the callee, for messages.
        shared: the exception classes that arrive as themselves.
        typed: whether results become what the callee's annotations say; else they stay plain.

    Attributes:
        closing: no more calls are made; the connection ends with the last answer.
        silent: a call's time was over, or the callee was asked for a hello in vain, and nothing
            has been heard of it since.
        idempotent: the functions that may run twice, as the callee's hello says.
        on_change: called when it is not usable any more.
    """

    def __init__(
        self,
        name: str,
        target: str,
        *,
        shared: Mapping[str, type[Exception]] | None = None,
        typed: bool = True,
    ) -> None:
        super().__init__()
        self.name = name
        self.target = target
        self._shared = {} if shared is None else shared
        self._typed = typed
        self._identifiers = count(1)
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._results: dict[str, Any] = {}  # descriptions, by method
        self._readers: dict[str, Reader] = {}
        self._refused: str | None = None  # why the callee turned the connection down
        self._greeting: asyncio.Future[None] | None = None  # while somebody waits for it
        self._is_greeted = False
        self.closing = False
        self.silent = False
        self._asked: float | None = None  # when, for a hello; and nothing has been heard since
        self.idempotent: frozenset[str] = frozenset()
        self.on_change: Callable[[], None] | None = None

    @property
    def usable(self) -> bool:
        """Whether calls may be made over this connection."""
        return not (self.lost or self.closing)

    async def greeted(self) -> None:
        """Wait for the callee's hello: what is lost before it has delivered nothing.

        Raises:
            NotDelivered: the callee turns the connection down, and will turn down the next one.
            ConnectionError: the callee has closed instead, or is about to.
        """
        if not self._is_greeted and not self.lost:
            self._greeting = asyncio.get_running_loop().create_future()
            await self._greeting
        if self._refused is not None:
            raise NotDelivered(self._refused)
        if not self.usable:
            raise ConnectionError(f"{self.target} has closed the connection")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._say_hello()

    def data_received(self, data: bytes) -> None:
        self.silent, self._asked = False, None
        super().data_received(data)

    def _say_hello(self) -> None:
        hello = {"version": frames.VERSION, "from": self.name}
        self.send(0, frames.HELLO, codec.pack(hello))

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_waiting()
        reason = f": {exc}" if exc else ""
        self._fail_all(MayHaveRun, f"the connection to {self.target} was lost{reason}")
        self._tell()

    def leave(self) -> None:
        """Make no more calls, and end the connection when the callee has answered everything."""
        self.closing = True
        self._close_if_done()
        self._tell()

    async def call(
        self,
        method: str,
        arguments: Mapping[str, Any],
        timeout: float,  # noqa: ASYNC109
        *,
        until: float | None = None,
        movable: bool = False,
    ) -> Any:
        """The result of one call.

        Args:
            method: the function.
            arguments: by name.
            timeout: seconds, of which a deadline that is being served takes its part.
            until: when they end, by the event loop's clock, where some of them have passed.
            movable: raise `Silent` as soon as it is certain that the callee says nothing at all.
        """
        loop = asyncio.get_running_loop()
        place = f"{self.target}.{method}"
        if until is None:
            until = loop.time() + deadline.seconds_for(timeout)
        await self._room(place, until)
        left = until - loop.time()
        payload = _encoded(place, method, arguments, left)
        identifier = self._next_identifier()
        call = _Call(identifier, method, place)
        answer = self._waiting[identifier] = loop.create_future()
        call.timers.append(loop.call_later(left, self._expire, identifier, place, timeout))
        if movable:
            least, most = LISTENING
            pause = min(max(left / LISTENINGS, least), most)
            call.timers.append(loop.call_later(pause, self._listen, call, pause, until))
        self.send(identifier, frames.CALL, payload)
        return await self._result(call, answer)

    async def _result(self, call: _Call, answer: asyncio.Future[Answer]) -> Any:
        """What comes of a call that was sent; one that `Silent` is raised for goes on."""
        try:
            kind, reply = await answer
        except Silent:
            raise
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError):
                self._give_up(call.identifier)
            self._forget(call)
            raise
        self._forget(call)
        return self._answered(call.method, kind, reply)

    def _forget(self, call: _Call) -> None:
        for timer in call.timers:
            timer.cancel()
        self._waiting.pop(call.identifier, None)
        self._close_if_done()

    def _listen(self, call: _Call, pause: float, until: float) -> None:
        """See that the callee lives, again and again: it owes a hello a pause after it was asked,
        be it for another call, if nothing else was to be said. Later than a pause before its end
        no call is moved.
        """
        answer, loop = self._waiting.get(call.identifier), asyncio.get_running_loop()
        now = loop.time()
        if answer is None or answer.done() or now + pause > until:
            return
        if self._asked is None:
            self._asked = now
            self._say_hello()
        owed = self._asked + pause
        if owed <= now:
            self.silent = True
            late = self._waiting[call.identifier] = loop.create_future()
            message = f"{call.place}: nothing is heard of {self.target}"
            answer.set_exception(Silent(message, partial(self._result, call, late)))
            return
        call.timers[1:] = [loop.call_at(owed, self._listen, call, pause, until)]

    async def _room(self, place: str, until: float) -> None:
        """Wait until the call can be handed to the transport: before that, nothing has been
        delivered.
        """
        left = until - asyncio.get_running_loop().time()
        if left <= 0:
            raise NotDelivered(f"{place}: no time is left for the call")
        if self.congested:
            try:
                async with asyncio.timeout(left):
                    await self.drained()
            except TimeoutError:
                raise NotDelivered(
                    f"{place}: {self.target} did not read the calls before this one in time"
                ) from None
        if self.lost:
            raise Closing(f"{place}: the connection was lost before the call was sent")
        if self.closing:
            raise Closing(f"{place}: {self.target} is stopping")

    def frame_received(self, identifier: int, kind: int, payload: bytes | None) -> None:
        if kind == frames.HELLO:
            self._greeted(payload)
        elif kind in (frames.RESULT, frames.ERROR):
            answer = self._waiting.get(identifier)
            if answer is not None and not answer.done():
                answer.set_result((kind, payload))
            elif identifier == 0:
                self._rejected(payload)
        elif kind == frames.CLOSING:
            self.leave()

    def _tell(self) -> None:
        if self.on_change is not None:
            self.on_change()

    def _close_if_done(self) -> None:
        """End a connection that the callee wants to end, once it has answered everything."""
        if self.closing and not self._waiting:
            self.close()

    def _stop_waiting(self) -> None:
        if self._greeting is not None and not self._greeting.done():
            self._greeting.set_result(None)

    def _greeted(self, payload: bytes | None) -> None:
        match _decoded(payload):
            case {"version": frames.VERSION, **rest}:
                results = rest.get("results")
                self._results = results if isinstance(results, dict) else {}
                names = rest.get("idempotent")
                self.idempotent = frozenset(names if isinstance(names, list) else ())
                self._is_greeted = True
                self._stop_waiting()
            case _:
                self._rejected(None)

    def _rejected(self, payload: bytes | None) -> None:
        """The callee turned the connection down, so that it ran none of the calls."""
        match _decoded(payload):
            case {"message": str(message)}:
                reason = message
            case _:
                reason = "it speaks another version of the protocol"
        self._refused = f"{self.target} refuses the connection: {reason}"
        self._fail_all(NotDelivered, self._refused)
        self.abort()

    def _fail_all(self, error: type[Exception], message: str) -> None:
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(error(message))

    def _expire(self, identifier: int, place: str, timeout: float) -> None:
        answer = self._waiting.get(identifier)
        if answer is not None and not answer.done():
            answer.set_exception(DeadlineExceeded(f"{place} did not answer within {timeout:g} s"))
            self._give_up(identifier)
            self._doubt()

    def _doubt(self) -> None:
        """The function may be slow, or the callee hang: one that does not hang answers a hello."""
        if not self.silent:
            self.silent = True
            self._say_hello()

    def _give_up(self, identifier: int) -> None:
        self.send(identifier, frames.CANCEL, codec.pack(None))

    def _answered(self, method: str, kind: int, payload: bytes | None) -> Any:
        place = f"{self.target}.{method}"
        if payload is None:
            raise RemoteError(
                faults.RESULT_FAULT,
                f"the answer of {place} takes more than {frames.MAX_PAYLOAD} bytes",
            )
        try:
            value = codec.unpack(payload)
        except ValueError as error:
            raise RemoteError(faults.RESULT_FAULT, f"the answer of {place}: {error}") from error
        if kind == frames.ERROR:
            raised = faults.rebuild(value, place, self._shared)
            if isinstance(raised, Closing):
                self.leave()
            raise raised
        read = self._reader(method) if self._typed else None
        if read is None:
            return value
        try:
            return read(value)
        except ValueError as error:
            raise RemoteError(faults.RESULT_FAULT, f"the result of {place}: {error}") from error

    def _reader(self, method: str) -> Reader | None:
        read = self._readers.get(method)
        if read is None and self._results.get(method) is not None:
            try:
                annotation = types.resolve(self._results[method])
                read = self._readers[method] = types.reader(annotation)
            except (LookupError, TypeError):  # not imported yet: it may be at the next call
                return None
        return read

    def _next_identifier(self) -> int:
        identifier = next(self._identifiers)
        if identifier > _LAST_IDENTIFIER:
            self._identifiers = count(1)
            identifier = next(self._identifiers)
        while identifier in self._waiting:
            identifier = next(self._identifiers)
        return identifier


class _Call:
    """One that was sent."""

    __slots__ = ("identifier", "method", "place", "timers")

    def __init__(self, identifier: int, method: str, place: str) -> None:
        self.identifier = identifier
        self.method = method
        self.place = place
        self.timers: list[asyncio.TimerHandle] = []  # the first one is its deadline's


def _encoded(place: str, method: str, arguments: Mapping[str, Any], left: float) -> bytes:
    """The payload of a call with so many seconds left."""
    call = {"method": method, "arguments": dict(arguments), "deadline": max(1, int(left * 1000))}
    try:
        payload = codec.pack(call)
    except (TypeError, ValueError, OverflowError) as error:
        raise _unsendable(place, arguments, error) from error
    if len(payload) > frames.MAX_PAYLOAD:
        raise NotDelivered(
            f"{place}: the arguments take {len(payload)} bytes, at most {frames.MAX_PAYLOAD}"
        )
    return payload


def _unsendable(place: str, arguments: Mapping[str, Any], fault: Exception) -> TypeError:
    """The error that names the argument which no message can hold."""
    for name, value in arguments.items():
        try:
            codec.pack(value)
        except (TypeError, ValueError, OverflowError) as error:
            return TypeError(f"{place}: argument {name!r}: {error}")
    return TypeError(f"{place}: {fault}")


def _decoded(payload: bytes | None) -> Any:
    if payload is None:
        return None
    try:
        return codec.unpack(payload)
    except ValueError:
        return None
