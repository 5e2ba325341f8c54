"""What both ends of a connection share: frames in, frames out, and how each side holds the other
back.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from meshkernel.wire import frames
from meshkernel.wire.frames import FrameParser


class FrameProtocol(asyncio.Protocol):
    """Frames over one transport.

    Sending is held back by `drained`: it waits while the other end does not read. A protocol of
    asyncio rather than its streams: no task, no copy and no wake-up stand between the socket and a
    frame.
    """

    def __init__(self) -> None:
        self._parser = FrameParser()
        self._transport: asyncio.Transport | None = None
        self._writable: asyncio.Future[None] | None = None  # while the transport's buffer is full
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.lost = True
        self.resume_writing()

    def data_received(self, data: bytes) -> None:
        for identifier, kind, payload in self._parser.feed(data):
            self.frame_received(identifier, kind, payload)

    def frame_received(self, identifier: int, kind: int, payload: bytes | None) -> None:
        """One frame; ``payload`` is None if it was larger than allowed."""
        raise NotImplementedError

    def pause_writing(self) -> None:
        if self._writable is None:
            self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)

    @property
    def congested(self) -> bool:
        """Whether the other end does not read what it is sent."""
        return self._writable is not None

    async def drained(self) -> None:
        """Wait until there is room to send; returns at once on a lost connection."""
        while self._writable is not None and not self.lost:
            await asyncio.shield(self._writable)

    def send(self, identifier: int, kind: int, payload: bytes) -> None:
        """Give one frame to the transport; to a lost connection, nothing."""
        if self._transport is not None and not self.lost:
            self._transport.write(frames.encode(identifier, kind, payload))

    def close(self) -> None:
        """Send what is still to be sent, and end the connection."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()


def adopt(writer: asyncio.StreamWriter, protocol: FrameProtocol) -> Any:
    """Hand an open stream's connection over to a protocol.

    Returns what must be kept as long as the connection: a writer that is collected closes it.
    """
    transport = cast(asyncio.Transport, writer.transport)
    transport.set_protocol(protocol)
    protocol.connection_made(transport)
    transport.resume_reading()
    return writer
