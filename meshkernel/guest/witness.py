"""What a module makes at its import that an image cannot hold, and where.

The interpreter's audit events tell of it. A hook for them cannot be taken away again, so behind the
seal it becomes a function that does nothing.
"""

from __future__ import annotations

import operator
import os
import sys
import threading
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from types import FrameType
from typing import Any

OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
"""The package meshkernel, whose own lines tell a user nothing."""

SITE = f"{os.sep}site-packages{os.sep}"


class _Hook:
    """A callable whose class says what it does, so that this can be changed."""

    __slots__ = ("witness",)

    def __init__(self, witness: Witness) -> None:
        self.witness = witness

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        note = _NOTED.get(event)
        if note is not None:
            note(self.witness, arguments, place_of(sys._getframe(1)))


class Witness:
    """Notes what is made from now on.

    Attributes:
        files: where each path was opened last.
        secrets: where each secret was asked for.
        network: the first attempts to reach something, with their places.
    """

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.secrets: dict[str, str] = {}
        self.network: list[tuple[str, str]] = []
        self._sockets: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()
        self._threads: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()
        self._encode: Any = None
        self._start = threading.Thread.start
        self._watch_threads()
        sys.addaudithook(_Hook(self))

    def watch_environment(self, secrets: Collection[str]) -> None:
        """Note who asks for one of these variables, which only a machine that runs has."""
        environ: Any = os.environ
        usual: Callable[[str], bytes] = environ.encodekey

        def encode(name: str) -> bytes:
            if name in secrets:
                self.secrets.setdefault(name, place_of(sys._getframe(1)))
            return usual(name)

        self._encode, environ.encodekey = usual, encode

    def _watch_threads(self) -> None:
        """Not every version of Python has an audit event for them."""
        usual, places = self._start, self._threads

        def start(thread: threading.Thread) -> None:
            places[thread] = place_of(sys._getframe(1))
            usual(thread)

        threading.Thread.start = start  # type: ignore[method-assign,assignment]

    def end(self) -> None:
        """Note nothing any more."""
        threading.Thread.start = self._start  # type: ignore[method-assign]
        if self._encode is not None:
            os.environ.encodekey = self._encode
        _Hook.__call__ = staticmethod(operator.is_)  # type: ignore[method-assign,assignment]

    def made(self, thing: Any) -> str:
        """Where a socket or a thread was made: ``services/db.py:12``, or nothing."""
        for known in (self._sockets, self._threads):
            try:
                if (place := known.get(thing)) is not None:
                    return place
            except TypeError:  # what cannot be referred to weakly was not noted
                continue
        return ""

    def note_file(self, arguments: tuple[Any, ...], place: str) -> None:
        path = arguments[0]
        if isinstance(path, str | bytes):
            self.files[os.fsdecode(path)] = place

    def note_socket(self, arguments: tuple[Any, ...], place: str) -> None:
        with suppress(TypeError):  # a bare _socket.socket
            self._sockets[arguments[0]] = place

    def note_connect(self, arguments: tuple[Any, ...], place: str) -> None:
        self.network.append((f"a connection to {address(arguments[1])}", place))

    def note_name(self, arguments: tuple[Any, ...], place: str) -> None:
        self.network.append((f"the address of {arguments[0]!r}", place))


_NOTED = {
    "open": Witness.note_file,
    "socket.__new__": Witness.note_socket,
    "socket.connect": Witness.note_connect,
    "socket.getaddrinfo": Witness.note_name,
    "socket.gethostbyname": Witness.note_name,
}


def address(value: Any) -> str:
    """An address of a socket as it is written."""
    if isinstance(value, tuple) and len(value) >= 2:
        return f"{value[0]}:{value[1]}"
    return str(value)


def place_of(frame: FrameType | None) -> str:
    """The line of the project that led to a frame."""
    return project_place(_lines(frame))


def _lines(frame: FrameType | None) -> Iterator[tuple[str, int]]:
    while frame is not None:
        yield frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back


def project_place(lines: Iterable[tuple[str, int]]) -> str:
    """The first of these lines that is the project's, as ``services/db.py:12``; the first of an
    installed package, where none is.
    """
    outside = ""
    root = os.getcwd() + os.sep  # noqa: PTH109 - pathlib costs a start
    for file, line in lines:
        if file.startswith(OWN):
            continue
        if SITE not in file and file.startswith(root):
            return f"{file.removeprefix(root)}:{line}"
        if not outside and SITE in file:
            outside = f"{file.rpartition(SITE)[2]}:{line}"
    return outside
