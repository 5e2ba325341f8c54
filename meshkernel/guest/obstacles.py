"""What stands in the way of sealing, in words for who wrote the service."""

from __future__ import annotations

import gc
import io
import os
import socket
import sys
import threading
from typing import Any

from meshkernel.guest.witness import Secrets, made, project_place

LATER = "or set warm = false for the service"


class Obstacle:
    """One thing: what it is, the line that made it (as ``services/db.py:12``), the remedy."""

    __slots__ = ("remedy", "what", "where")

    def __init__(self, what: str, where: str, remedy: str) -> None:
        self.what = what
        self.where = where
        self.remedy = f"{remedy}, {LATER}"


def describe(line: str) -> Obstacle:
    """What a line of the library OS means: ``descriptor N WHAT``, ``thread TID`` and others."""
    kind, _, rest = line.partition(" ")
    number, _, what = rest.partition(" ")
    if kind == "descriptor" and number.isdecimal():
        return _descriptor(int(number), what)
    if kind == "thread" and number.isdecimal():
        return _thread(int(number))
    if kind == "timer":
        return Obstacle(f"{rest or 'a timer'} runs at the seal", "", "start it in @on_start")
    return Obstacle(f"{line} cannot be sealed", "", "make it in @on_start")


def _descriptor(number: int, what: str) -> Obstacle:
    owner = _owner(number)
    if isinstance(owner, socket.socket):
        told = _socket(owner)
    else:
        name = getattr(owner, "name", None)
        path = name if isinstance(name, str) else _path(number)
        told = f"the file {path}" if path else what
    return Obstacle(f"{told} is open at the seal", made(owner), "open it in @on_start")


def _owner(number: int) -> Any:
    """The socket or file of Python that a descriptor is of, or None."""
    for thing in gc.get_objects():
        if isinstance(thing, socket.socket | io.FileIO):
            try:
                if thing.fileno() == number:
                    return thing
            except (OSError, ValueError):  # a closed file
                continue
    return None


def _path(number: int) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{number}")  # noqa: PTH115 - pathlib costs a start
    except OSError:
        return ""


def _socket(found: socket.socket) -> str:
    try:
        return f"a socket connected to {address(found.getpeername())}"
    except OSError:
        pass
    try:
        if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return f"a socket listening on {address(found.getsockname())}"
    except OSError:
        pass
    return "a socket"


def address(value: Any) -> str:
    """An address of a socket as it is written."""
    if isinstance(value, tuple) and len(value) >= 2:
        return f"{value[0]}:{value[1]}"
    return str(value)


def _thread(number: int) -> Obstacle:
    for thread in threading.enumerate():
        if thread.native_id == number:
            what = f"the thread {thread.name!r} runs at the seal"
            return Obstacle(what, made(thread), "start it in @on_start")
    what = "a thread that is not Python's runs at the seal"
    return Obstacle(what, "", "have its library start it in @on_start")


def of_python(secrets: Secrets) -> list[Obstacle]:
    """What only the interpreter can see."""
    found = [
        Obstacle(
            f"the secret {name} is asked for before the seal, where nobody has it",
            place,
            "read it in @on_start",
        )
        for name, place in secrets.asked.items()
    ]
    if "ssl" in sys.modules:
        found += _contexts()
    return found


def _contexts() -> list[Obstacle]:
    """Contexts of TLS servers: each has drawn the keys of its session tickets."""
    ssl = sys.modules["ssl"]
    servers = (ssl.PROTOCOL_TLS_SERVER, ssl.PROTOCOL_TLS)
    what = "an ssl.SSLContext for servers is made before the seal: its keys would be in the image"
    return [
        Obstacle(what, made(thing), "make it in @on_start")
        for thing in gc.get_objects()
        if isinstance(thing, ssl.SSLContext) and thing.protocol in servers
    ]


def of_error(error: BaseException, secrets: Secrets) -> list[Obstacle]:
    """Why the service did not even come to its seal."""
    if secrets.asked:
        return of_python(secrets)
    text, place = f"{type(error).__name__}: {error}", _raised_at(error)
    if isinstance(error, OSError):
        what = f"{text} (before the seal there are neither network nor volumes)"
        return [Obstacle(what, place, "do it in @on_start")]
    return [Obstacle(f"the service cannot be imported: {text}", place, "mend it")]


def _raised_at(error: BaseException) -> str:
    """The line of the project from which an error came."""
    if isinstance(error, SyntaxError) and error.filename:
        return project_place([(error.filename, error.lineno or 1)])
    lines = []
    frames = error.__traceback__
    while frames is not None:
        lines.append((frames.tb_frame.f_code.co_filename, frames.tb_lineno))
        frames = frames.tb_next
    return project_place(reversed(lines))
