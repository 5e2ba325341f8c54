"""The control channel: messages to and from the supervisor (docs/formats.md)."""

from __future__ import annotations

import os
from typing import Any

import msgpack

PATH = "/dev/control"

LARGEST = 1 << 20
"""Bytes of one message (abi/control.h)."""

LONGEST_TEXT = 64 << 10
"""Characters of a text, beyond which its middle is left out: a message has to fit."""


class ControlChannel:
    """A file of which a read gives one whole message and a write sends one."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def send(self, type: str, **values: Any) -> None:
        """Send one message; from any thread."""
        self.write(packed(type, **values))

    def write(self, frame: bytes | bytearray) -> None:
        """Send what `packed` has made."""
        os.write(self.descriptor, frame)

    def receive(self) -> dict[str, Any] | None:
        """The next message, waiting for it; None once the supervisor is gone."""
        frame = os.read(self.descriptor, LARGEST)
        if not frame:
            return None
        message: dict[str, Any] = msgpack.unpackb(frame)
        return message


def packed(type: str, **values: Any) -> bytes:
    """One message as it is sent."""
    message = {"type": type, **{key: _bounded(value) for key, value in values.items()}}
    frame: bytes = msgpack.packb(message)
    return frame


def connect(path: str = PATH) -> ControlChannel:
    """The machine's control channel."""
    return ControlChannel(os.open(path, os.O_RDWR | os.O_CLOEXEC))


def _bounded(value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        half = LONGEST_TEXT // 2
        return (
            f"{value[:half]}\n... {len(value) - 2 * half} characters left out ...\n{value[-half:]}"
        )
    return value
