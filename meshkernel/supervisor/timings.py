"""How long each part of a machine's start took: ``meshkernel up --timings``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from meshkernel.errors import MachineError
from meshkernel.network.dial import open_dial
from meshkernel.supervisor.events import Event, OnEvent
from meshkernel.supervisor.seams import OnMessage, RunningMachine
from meshkernel.wire import codec, frames

PATIENCE = 5.0
"""Seconds for a service that is ready to answer."""

CALLER = "meshkernel"
"""As whom the supervisor says hello."""


@frozen
class Place:
    """Where a service is to be reached: through which socket, at which address and port."""

    dial: Path
    address: str
    port: int

    async def first_byte(self) -> float:
        """The seconds until the service answers a hello, the connection included.

        Raises:
            OSError: it does not.
        """
        begin = time.monotonic()
        async with asyncio.timeout(PATIENCE):
            reader, writer = await open_dial(self.dial, self.address, self.port, patience=PATIENCE)
            hello = codec.pack({"version": frames.VERSION, "from": CALLER})
            writer.write(frames.encode(0, frames.HELLO, hello))
            answer = await reader.read(1)
            end = time.monotonic()
            writer.close()
        if not answer:
            raise ConnectionError("it has closed the connection")
        return end - begin


@define
class Timing:
    """One start of one machine; stands before whoever hears its messages.

    Attributes:
        name: of the machine.
        hear: hears the messages next.
        ready: becomes `time.monotonic` of its word that it is ready.
    """

    name: str
    hear: OnMessage
    ready: asyncio.Future[float] = field(factory=lambda: asyncio.get_running_loop().create_future())

    def message(self, message: dict[str, Any]) -> None:
        """Takes a message of the service's runtime."""
        if message.get("type") == "ready" and not self.ready.done():
            self.ready.set_result(time.monotonic())
        self.hear(message)

    async def sentence(self, machine: RunningMachine, place: Place) -> str:
        """What there is to tell, once the service is ready."""
        ready = await self.ready
        try:
            first = f"first byte {milliseconds(await place.first_byte())} later"
        except OSError as error:  # a timeout is one
            first = f"no first byte within {PATIENCE:g} s ({error or 'it is silent'})"
        try:
            stamps = await machine.stamps()
        except MachineError as error:
            return f"ready after {milliseconds(ready - machine.started)}; {first}; {error}"
        return f"{in_words(stamps.parts(machine.started, ready))}; {first}"


@define
class Timings:
    """Tells how long the parts of each start took.

    ``tell`` is told; nobody is measured if it is None.
    """

    tell: OnEvent | None = None
    _pending: set[asyncio.Task[None]] = field(factory=set)

    @contextmanager
    def of(self, timing: Timing, machine: RunningMachine, place: Place) -> Iterator[None]:
        """While the block runs, a start is followed."""
        if self.tell is None:
            yield
            return
        task = asyncio.create_task(self._tell(self.tell, timing, machine, place))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)
        try:
            yield
        finally:
            task.cancel()

    async def told(self) -> None:
        """Wait until the starts of all that is ready have been told."""
        if self._pending:
            await asyncio.wait(self._pending, timeout=PATIENCE)

    @staticmethod
    async def _tell(tell: OnEvent, timing: Timing, machine: RunningMachine, place: Place) -> None:
        sentence = await timing.sentence(machine, place)
        tell(Event("note", timing.name, detail=sentence))


def in_words(parts: Mapping[str, float]) -> str:
    """The parts of a start, which come to the whole."""
    listed = ", ".join(f"{name} {milliseconds(seconds)}" for name, seconds in parts.items())
    return f"{listed}: ready after {milliseconds(sum(parts.values()))}"


def milliseconds(seconds: float) -> str:
    """A short time."""
    return f"{1000 * seconds:.1f} ms"
