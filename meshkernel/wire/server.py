"""The serving end of connections: calls run side by side, and a bad one is refused for itself
alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextvars import copy_context
from functools import partial
from typing import Any

from meshkernel.wire import codec, deadline, faults, frames
from meshkernel.wire.connection import FrameProtocol
from meshkernel.wire.method import Method, Refused

MOST_CALLS = 1024
"""Calls of one connection that run at the same time; more are refused."""

MOST_HELD = frames.MAX_PAYLOAD
"""Bytes of the payloads of running calls of one connection, above which it is not read until some
have ended.
"""

MOST_THREADS = 16
"""Threads that run plain functions."""

LEAVE = 1.0
"""Seconds for callers to end their connections when they are asked to."""


class Dispatcher:
    """The functions of a service, shared by all of its connections."""

    def __init__(
        self,
        service: str,
        functions: Mapping[str, Callable[..., Any]],
        shared: Mapping[str, type[Exception]] | None = None,
        idempotent: Iterable[str] = (),
    ) -> None:
        self.methods = {
            name: Method(f"{service}.{name}", function) for name, function in functions.items()
        }
        self.shared = {} if shared is None else shared
        self.stopping = False
        self.running: set[asyncio.Task[None]] = set()
        self.connections: set[ServerConnection] = set()
        self.used = 0.0  # when a call began or ended last, by the event loop's clock
        self._left: asyncio.Future[None] | None = None  # while callers are waited for
        results = {name: method.result for name, method in self.methods.items() if method.result}
        self._hello: dict[str, Any] = {
            "version": frames.VERSION,
            "from": service,
            "results": results,
        }
        self._hello["idempotent"] = sorted(idempotent)
        self.rename(service)
        self.on_count: Callable[[int], None] | None = None
        self._threads: Any = None

    def rename(self, service: str) -> None:
        """From now on the service is called so; what callers are told has its name."""
        self.service = self._hello["from"] = service
        self._packed = b""
        for name, method in self.methods.items():
            method.name = f"{service}.{name}"

    @property
    def hello(self) -> bytes:
        """What a caller is answered when it says hello."""
        if not self._packed:
            self._packed = codec.pack(self._hello)
        return self._packed

    def method(self, name: str) -> Method:
        """The method of this name; Refused with the names that there are."""
        method = self.methods.get(name)
        if method is None:
            names = ", ".join(sorted(self.methods)) or "none"
            raise Refused(f"{self.service} has no function {name!r} (it serves {names})")
        return method

    async def run(self, method: Method, arguments: dict[str, Any]) -> Any:
        """Run a function: async ones here, plain ones in a thread, where they hold up no other
        call.
        """
        if method.is_async:
            return await method.function(**arguments)
        run = partial(copy_context().run, partial(method.function, **arguments))
        result = await asyncio.get_running_loop().run_in_executor(self._executor(), run)
        # A plain function that returns an awaitable: a decorated async one.
        return await result if hasattr(result, "__await__") else result

    def _executor(self) -> Any:
        if self._threads is None:
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - many services need none

            self._threads = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="call")
        return self._threads

    @property
    def busy(self) -> bool:
        """Whether a call runs."""
        return bool(self.running)

    def count(self, change: int) -> None:
        """A call has begun (1) or ended (-1)."""
        self.used = asyncio.get_running_loop().time()
        if self.on_count is not None:
            self.on_count(change)

    def refuse(self) -> None:
        """Take no more calls: callers are asked to end their connections, so that no call gets
        lost in one that this end has closed.
        """
        if not self.stopping:
            self.stopping = True
            for connection in self.connections:
                connection.ask_to_end()

    async def drain(self, seconds: float) -> None:
        """Take no more calls, wait for those that run, and a moment for the callers to leave."""
        self.refuse()
        if self.running:
            await asyncio.wait(self.running, timeout=seconds)
        if self.connections:
            self._left = asyncio.get_running_loop().create_future()
            await asyncio.wait({self._left}, timeout=min(seconds, LEAVE))

    def left(self, connection: ServerConnection) -> None:
        """A connection has ended."""
        self.connections.discard(connection)
        if self._left is not None and not self.connections and not self._left.done():
            self._left.set_result(None)

    async def close(self) -> None:
        """End every connection, so that callers learn of it at once, from the network."""
        for connection in list(self.connections):
            connection.close()
        await asyncio.sleep(0)  # the event loop closes the sockets in its next round


class ServerConnection(FrameProtocol):
    """One caller's connection."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        super().__init__()
        self._dispatcher = dispatcher
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._given_up: set[int] = set()  # by the caller, or since its deadline has passed
        self._greeted = False
        self._held = 0  # bytes of the payloads of running calls
        self._reading = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._dispatcher.connections.add(self)
        if self._dispatcher.stopping:
            self.ask_to_end()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._dispatcher.left(self)
        for identifier in list(self._tasks):
            self._cancel(identifier)

    def ask_to_end(self) -> None:
        """Tell the caller that this end takes no more calls."""
        self.send(0, frames.CLOSING, codec.pack(None))

    def pause_writing(self) -> None:
        super().pause_writing()
        self._regulate()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._regulate()

    def frame_received(self, identifier: int, kind: int, payload: bytes | None) -> None:
        try:
            self._act(identifier, kind, payload)
        except Refused as refused:
            self._refuse(identifier, str(refused))

    def _act(self, identifier: int, kind: int, payload: bytes | None) -> None:
        if kind == frames.CANCEL:
            self._cancel(identifier)
            return
        if payload is None:
            raise Refused(f"the payload takes more than {frames.MAX_PAYLOAD} bytes")
        if kind == frames.HELLO:
            self._greet(payload)
        elif kind == frames.CALL:
            self._begin(identifier, payload)
        else:
            raise Refused(f"frames of kind {kind} are not known here")

    def _greet(self, payload: bytes) -> None:
        hello = _decoded(payload)
        if type(hello) is dict and hello.get("version") == frames.VERSION:
            self._greeted = True
            self.send(0, frames.HELLO, self._dispatcher.hello)
        else:
            self._refuse(0, f"this end speaks version {frames.VERSION} of the protocol")
            self.close()

    def _begin(self, identifier: int, payload: bytes) -> None:
        if not self._greeted:
            raise Refused("a connection begins with a hello")
        if self._dispatcher.stopping:
            message = f"{self._dispatcher.service} is stopping"
            self.send(identifier, frames.ERROR, codec.pack(faults.closing(message)))
            return
        if identifier in self._tasks:
            raise Refused(f"identifier {identifier} is that of a call that runs")
        if len(self._tasks) >= MOST_CALLS:
            message = f"{MOST_CALLS} calls of this connection run already"
            self.send(identifier, frames.ERROR, codec.pack(faults.full(message)))
            return
        name, arguments, left = _parts(_decoded(payload))
        method = self._dispatcher.method(name)
        self._held += len(payload)
        serving = self._serve(identifier, method, arguments, left)
        task = asyncio.get_running_loop().create_task(serving)
        self._tasks[identifier] = task
        self._dispatcher.running.add(task)
        self._dispatcher.count(1)
        task.add_done_callback(partial(self._ended, identifier, len(payload)))
        self._regulate()

    async def _serve(
        self, identifier: int, method: Method, arguments: Mapping[Any, Any], left: float | None
    ) -> None:
        deadline.inherit(left)
        loop = asyncio.get_running_loop()
        timer = loop.call_later(left, self._cancel, identifier) if left is not None else None
        try:
            kind, payload = await self._outcome(identifier, method, arguments)
        finally:
            if timer is not None:
                timer.cancel()
        await self.drained()
        self.send(identifier, kind, payload)

    async def _outcome(
        self, identifier: int, method: Method, arguments: Mapping[Any, Any]
    ) -> tuple[int, bytes]:
        """The frame that answers a call."""
        try:
            value = await self._dispatcher.run(method, method.bind(arguments))
        except Refused as refused:
            return frames.ERROR, codec.pack(faults.refusal(str(refused)))
        except asyncio.CancelledError as error:
            if identifier in self._given_up:
                raise
            return self._raised(error)
        except (Exception, SystemExit) as error:  # whatever the user's function raises
            return self._raised(error)
        return _result(method, value)

    def _raised(self, error: BaseException) -> tuple[int, bytes]:
        return frames.ERROR, codec.pack(faults.raised(error, self._dispatcher.shared))

    def _refuse(self, identifier: int, message: str) -> None:
        self.send(identifier, frames.ERROR, codec.pack(faults.refusal(message)))

    def _cancel(self, identifier: int) -> None:
        task = self._tasks.get(identifier)
        if task is not None:
            self._given_up.add(identifier)
            task.cancel()

    def _ended(self, identifier: int, held: int, task: asyncio.Task[None]) -> None:
        del self._tasks[identifier]
        self._given_up.discard(identifier)
        self._dispatcher.running.discard(task)
        self._dispatcher.count(-1)
        self._held -= held
        self._regulate()
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error  # our own fault: the event loop reports it

    def _regulate(self) -> None:
        """Read while there is room: a caller that sends more than it reads, or than is worked off,
        has to wait.
        """
        reading = self._held <= MOST_HELD and not self.congested
        if reading == self._reading or self._transport is None or self.lost:
            return
        self._reading = reading
        if reading:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()


def _result(method: Method, value: Any) -> tuple[int, bytes]:
    """The frame of a result, once it is proved that it can be sent."""
    try:
        payload = codec.pack(value)
    except (TypeError, ValueError, OverflowError) as error:
        message = f"the result of {method.name}: {error}"
        return frames.ERROR, codec.pack(faults.unusable_result(message))
    if len(payload) > frames.MAX_PAYLOAD:
        message = (
            f"the result of {method.name} takes {len(payload)} bytes, at most {frames.MAX_PAYLOAD}"
        )
        return frames.ERROR, codec.pack(faults.unusable_result(message))
    return frames.RESULT, payload


def _decoded(payload: bytes) -> Any:
    try:
        return codec.unpack(payload)
    except ValueError as error:
        raise Refused(str(error)) from error


def _parts(call: Any) -> tuple[str, dict[Any, Any], float | None]:
    """Method, arguments and seconds that are left. A ``match`` would say it, through more code."""
    if type(call) is dict:
        name, arguments = call.get("method"), call.get("arguments")
        if type(name) is str and type(arguments) is dict:
            return name, arguments, _seconds(call.get("deadline"))
    raise Refused("a call is a map with `method`, `arguments` and `deadline`")


def _seconds(milliseconds: Any) -> float | None:
    if milliseconds is None:
        return None
    if type(milliseconds) not in (int, float) or not milliseconds > 0:
        raise Refused(f"no time is left for the call (deadline {milliseconds!r})")
    seconds: float = milliseconds * 1e-3
    return seconds


def serving(dispatcher: Dispatcher) -> Callable[[], ServerConnection]:
    """What `create_server` needs to answer calls."""
    return partial(ServerConnection, dispatcher)


def names(dispatcher: Dispatcher) -> Iterable[str]:
    """The functions served, sorted."""
    return sorted(dispatcher.methods)
