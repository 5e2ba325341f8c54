"""The control channel: messages to and from the supervisor (docs/formats.md)."""

from __future__ import annotations

import os
from typing import Any

import msgpack

PATH = "/dev/control"

FLAGS = os.O_RDWR | os.O_CLOEXEC

LARGEST = 1 << 20
"""Bytes of one message (abi/control.h)."""

LONGEST_TEXT = 64 << 10
"""Characters of a text, beyond which its middle is left out: a message has to fit."""


class ControlChannel:
    """A file of which a read gives one whole message and a write sends one.

    ``path`` is where it can be opened anew.
    """

    def __init__(self, descriptor: int, path: str | None = None) -> None:
        self.descriptor = descriptor
        self._path = path

    def close(self) -> None:
        """Close it before a seal, of which it is no part; `reopen` comes next."""
        if self._path is not None:
            os.close(self.descriptor)

    def reopen(self) -> None:
        """Open it behind a seal."""
        if self._path is not None:
            self.descriptor = os.open(self._path, FLAGS)

    def send(self, type: str, **values: Any) -> None:
        """Send one message; from any thread."""
        message = {"type": type, **{key: _bounded(value) for key, value in values.items()}}
        packed: bytes = msgpack.packb(message)
        os.write(self.descriptor, packed)

    def receive(self) -> dict[str, Any] | None:
        """The next message, waiting for it; None once the supervisor is gone."""
        packed = os.read(self.descriptor, LARGEST)
        if not packed:
            return None
        message: dict[str, Any] = msgpack.unpackb(packed)
        return message


def connect(path: str = PATH) -> ControlChannel:
    """The machine's control channel."""
    return ControlChannel(os.open(path, FLAGS), path)


def _bounded(value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        half = LONGEST_TEXT // 2
        return (
            f"{value[:half]}\n... {len(value) - 2 * half} characters left out ...\n{value[-half:]}"
        )
    return value
