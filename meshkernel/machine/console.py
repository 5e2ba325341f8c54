"""A machine's console: what it writes there, and what is typed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from attrs import define, field

from meshkernel.machine.process import CHUNK, Stream

KEPT = 1 << 16
"""Bytes of the console's end that a machine remembers."""

END_OF_INPUT = b"\x04\x04"
"""What is typed at the end of the input; one is enough at the start of a line."""

OnConsole = Callable[[bytes], None]


@define(eq=False)
class Console:
    """The host's end of the serial line; ``on_console`` is called with the bytes as they come."""

    _stream: Stream
    _on_console: OnConsole | None = None
    _end: bytearray = field(factory=bytearray)

    @property
    def end(self) -> bytes:
        """The end of what was written."""
        return bytes(self._end)

    async def read(self) -> None:
        """Takes what is written until the machine has ended."""
        with suppress(ConnectionError):
            while data := await self._stream.reader.read(CHUNK):
                self._end += data
                del self._end[:-KEPT]
                if self._on_console is not None:
                    self._on_console(data)

    async def type(self, data: bytes) -> None:
        """Writes to the machine's input; one that has ended takes it in silence."""
        await self._stream.send(data)
