"""The values that a topology writes as text: names, sizes of memory, durations."""

from __future__ import annotations

import re

NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
"""A service's name is a host name inside of the mesh: a DNS label (RFC 1035)."""

HOST = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
"""A host's name (RFC 1123, section 2.1)."""

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

LEAST_MEMORY = 32 << 20
"""Bytes: below this the interpreter does not start."""

_MEMORY = re.compile(r"(\d+)([KMG])i?B?")
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def memory(text: str) -> int | None:
    """Bytes of a size such as ``64M``; None if it is none."""
    match = _MEMORY.fullmatch(text)
    return int(match[1]) * _UNITS[match[2]] if match else None


def duration(text: str) -> float | None:
    """Seconds of a duration such as ``500ms`` or ``2s``; None if it is none, or nothing."""
    match = _DURATION.fullmatch(text)
    seconds = float(match[1]) * _SECONDS[match[2]] if match else 0.0
    return seconds or None


def memory_text(size: int) -> str:
    """A size as a topology writes it."""
    for unit, factor in reversed(_UNITS.items()):
        if size >= factor and size % factor == 0:
            return f"{size // factor}{unit}"
    return f"{size}"
