"""The host's end of the control channel: frames of ``libos/abi/control.h``."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum

from attrs import define, field, frozen

HEADER = struct.Struct("<II")
TIME = struct.Struct("<QQ")
EXIT = struct.Struct("<II")
SIGNAL = struct.Struct("<I")
UNKNOWN = struct.Struct("<I")
PAYLOAD_MAX = 1 << 20


class Kind(IntEnum):
    """What a frame is for."""

    RUNTIME = 1
    TIME_REQUEST = 2
    TIME_REPLY = 3
    EXIT = 4
    TRACE_START = 5
    TRACE_STOP = 6
    TRACE = 7
    TRACE_STATE = 8
    SIGNAL = 9
    UNKNOWN = 10
    MAPS_ASK = 11
    MAPS = 12
    SEALED = 13
    START_ASK = 14
    START = 15


class ExitReason(IntEnum):
    """Why a machine stopped, by its own account."""

    STATUS = 0
    SIGNAL = 1
    PANIC = 2
    OUT_OF_MEMORY = 3
    OTHER_PROCESSOR = 4


class ControlError(ValueError):
    """The other end does not keep to the format."""


@frozen
class Frame:
    """One frame."""

    kind: int
    payload: bytes

    def encode(self) -> bytes:
        """The bytes that travel."""
        if len(self.payload) > PAYLOAD_MAX:
            raise ControlError(f"a frame of {len(self.payload)} bytes is over {PAYLOAD_MAX}")
        return HEADER.pack(len(self.payload), self.kind) + self.payload


@define
class Decoder:
    """Takes bytes as they come, gives whole frames."""

    _buffer: bytearray = field(factory=bytearray)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that these bytes complete.

        Raises:
            ControlError: a frame is too large; the stream is of no use any more.
        """
        self._buffer += data
        while len(self._buffer) >= HEADER.size:
            size, kind = HEADER.unpack_from(self._buffer)
            if size > PAYLOAD_MAX:
                raise ControlError(f"a frame of {size} bytes is over {PAYLOAD_MAX}")
            end = HEADER.size + size
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[HEADER.size : end])
            del self._buffer[:end]
            yield Frame(kind, payload)
