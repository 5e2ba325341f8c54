"""Frames: what passes over the TCP connection of a link (docs/formats.md, "Calls")."""

from __future__ import annotations

import struct
from collections.abc import Iterator

VERSION = 1
"""Of the protocol: both ends say theirs in the hello."""

MAX_PAYLOAD = 16 << 20
"""Bytes: a larger payload is refused for its call alone."""

HELLO, CALL, RESULT, ERROR, CANCEL, CLOSING = range(1, 7)
"""Kinds of frames."""

HEADER = struct.Struct(">IIB")

Frame = tuple[int, int, bytes | None]
"""Identifier, kind, and payload; None stands for a payload that is larger than allowed."""


def encode(identifier: int, kind: int, payload: bytes) -> bytes:
    """One frame."""
    return HEADER.pack(len(payload), identifier, kind) + payload


class FrameParser:
    """Cuts a stream of bytes into frames.

    A payload that is too large is passed over, never held.
    """

    __slots__ = ("_buffer", "_limit", "_skip")

    def __init__(self, limit: int = MAX_PAYLOAD) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._skip = 0  # bytes to come that belong to a payload that is too large

    def feed(self, data: bytes | bytearray) -> Iterator[Frame]:
        """The frames that are complete with these bytes."""
        buffer = self._buffer
        if self._skip:
            passed = min(self._skip, len(data))
            self._skip -= passed
            data = data[passed:]
        if buffer:
            buffer += data
            data = buffer  # else whole frames are cut out of what has come
        start, end = 0, len(data)
        try:
            while end - start >= HEADER.size:
                length, identifier, kind = HEADER.unpack_from(data, start)
                body = start + HEADER.size
                if length > self._limit:
                    start = min(body + length, end)
                    self._skip = body + length - start
                    yield identifier, kind, None
                elif end - body < length:
                    break
                else:
                    start = body + length
                    payload = data[body:start]
                    yield identifier, kind, payload if type(payload) is bytes else bytes(payload)
        finally:
            if data is buffer:
                del buffer[:start]
            elif start < end:
                buffer += data[start:]
