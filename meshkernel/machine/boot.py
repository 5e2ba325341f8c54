"""The boot configuration: what is added to it at each boot. The format is ``libos/abi/boot.h``."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping

PLAIN = frozenset(range(0x20, 0x7F)) - {ord("%")}


def escape(value: str) -> str:
    """A value as one line: all but printable ASCII as ``%`` and two hexadecimal digits."""
    return "".join(
        chr(byte) if byte in PLAIN else f"%{byte:02x}"
        for byte in value.encode("utf-8", "surrogateescape")
    )


def line(key: str, value: str) -> str:
    """One line of a boot configuration."""
    return f"{key} {escape(value)}\n"


def complete(
    text: str,
    hidden: Mapping[str, str],
    trace: bytes = b"",
    wall: int | None = None,
    seed: str | None = None,
) -> bytes:
    """The configuration for one boot: with a fresh seed, the time, the secrets, and what is to be
    traced from the first system call on, if anything is.

    Args:
        text: the configuration that is the same for all boots.
        hidden: environment variables that are secret.
        trace: a ``struct trace_request``.
        wall: the time in nanoseconds since 1970; that of this host if it is None.
        seed: 64 hexadecimal digits; fresh ones if it is None.
    """
    lines = [line("environment", f"{name}={value}") for name, value in sorted(hidden.items())]
    if trace:
        lines.append(line("trace", trace.decode("utf-8", "surrogateescape")))
    if not text.endswith("\n"):
        text += "\n"
    now = time.time_ns() if wall is None else wall
    return f"{text}{''.join(lines)}seed {seed or secrets.token_hex(32)}\nwall {now}\n".encode()


def in_memory(data: bytes) -> int:
    """A file descriptor of a file that is on no disk."""
    descriptor = os.memfd_create("boot.conf")
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
