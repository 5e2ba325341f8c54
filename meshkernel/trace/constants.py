"""Flags and choices by name, from Python's own modules and from ``constants.toml``."""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import resource
import select
import signal
import socket
import time
import tomllib
from functools import cache
from pathlib import Path
from types import ModuleType

MODULES: dict[str, tuple[ModuleType, str]] = {
    "AF": (socket, "AF_"),
    "CLOCK": (time, "CLOCK_"),
    "EFD": (os, "EFD_"),
    "EPOLL": (select, "EPOLL"),
    "F": (fcntl, "F_"),
    "IPPROTO": (socket, "IPPROTO_"),
    "MADV": (mmap, "MADV_"),
    "MAP": (mmap, "MAP_"),
    "MFD": (os, "MFD_"),
    "MSG": (socket, "MSG_"),
    "O": (os, "O_"),
    "PROT": (mmap, "PROT_"),
    "RLIMIT": (resource, "RLIMIT_"),
    "SEEK": (os, "SEEK_"),
    "SHUT": (socket, "SHUT_"),
    "SIG_HOW": (signal, "SIG_"),
    "SOCK": (socket, "SOCK_"),
}
"""Each set, the module that has its names, and how they start."""

MORE = {
    "EFD": {"EFD_SEMAPHORE": 1, "EFD_NONBLOCK": 0x800, "EFD_CLOEXEC": 0x80000},
    "EPOLL_CREATE": {"EPOLL_CLOEXEC": 0x80000},
    "F": {"F_DUPFD": 0, "F_SETLK": 6, "F_SETLKW": 7, "F_GETLK": 5},
    "MAP": {"MAP_FIXED": 0x10, "MAP_FIXED_NOREPLACE": 0x100000},
    "MSG": {"MSG_CMSG_CLOEXEC": 0x40000000},
    "SFD": {"SFD_NONBLOCK": 0x800, "SFD_CLOEXEC": 0x80000},
    "SOCK_FLAGS": {"SOCK_NONBLOCK": 0x800, "SOCK_CLOEXEC": 0x80000},
    "TFD": {"TFD_NONBLOCK": 0x800, "TFD_CLOEXEC": 0x80000},
}
"""What the modules lack, of some or of all releases."""

CHOICES = {"O": 3, "SOCK": 0xF, "MAP": 3, "FUTEX": 0x7F}
"""Sets of flags whose lowest bits are one of a choice: the mask of those."""

LEFT_OUT = {
    "IPPROTO": ("IPPROTO_HOPOPTS",),
    "SIG_HOW": ("SIG_DFL", "SIG_IGN"),
    "F": ("F_RDLCK", "F_WRLCK", "F_UNLCK", "F_SEAL_", "F_EXLCK", "F_SHLCK", "FD_", "F_GETLK64"),
    "O": ("O_LARGEFILE",),
    "MAP": ("MAP_ANON",),
}
"""Names that start so are others for a number, or are of another set."""
KEPT = ("MAP_ANONYMOUS",)


@cache
def names(which: str) -> dict[int, str]:
    """The names of a set by their values; where two have one value, the first of the alphabet."""
    if which == "SIGNAL":
        return {int(each): each.name for each in signal.Signals}
    found: dict[str, int] = dict(MORE.get(which, {}))
    if which in MODULES:
        module, start = MODULES[which]
        found |= {n: int(v) for n, v in vars(module).items() if n.startswith(start)}
    else:
        found |= _own().get(which, {})
    dropped = LEFT_OUT.get(which, ())
    kept = {n: v for n, v in found.items() if n in KEPT or not n.startswith(dropped or ("?",))}
    return {value: name for name, value in sorted(kept.items(), reverse=True)}


@cache
def _own() -> dict[str, dict[str, int]]:
    text = (Path(__file__).parent / "constants.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def one(which: str, value: int) -> str:
    """The name of a value, or the value itself."""
    return names(which).get(value, hex(value) if value > 9 else str(value))


def flags(which: str, value: int) -> str:
    """The names of all bits, with ``|`` between; what has no name as a number."""
    known = names(which)
    mask = CHOICES.get(which, 0)
    if value in known and (not mask or value <= mask):
        return known[value]
    parts = [known[value & mask]] if mask and (value & mask) in known else []
    left = value & ~mask if parts else value
    bits = []
    for each in sorted(known, reverse=True):  # what is made of several bits before each of them
        if each & ~mask and each & left == each:
            bits.append(each)
            left &= ~each
    parts += [known[each] for each in reversed(bits)]
    if left or not parts:
        parts.append(hex(left) if left else "0")
    return "|".join(parts)


def error(number: int) -> str:
    """``ENOENT (No such file or directory)``."""
    name = errno.errorcode.get(number, f"error {number}")
    return f"{name} ({os.strerror(number)})"
