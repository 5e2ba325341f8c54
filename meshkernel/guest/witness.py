"""Where things were made, in a boot for sealing that is to explain what stands in the way.

The interpreter then keeps the stack at which each object was made. That takes time and memory, so
an image is never made of such a boot: it is one more behind a boot that could not be sealed.
"""

from __future__ import annotations

import _tracemalloc
import importlib
import importlib.util
import os
import sys
import threading
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from types import FrameType
from typing import Any

FRAMES = 50
"""Of each stack, the innermost ones."""

OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
"""The package meshkernel, whose own lines tell a user nothing."""

SITE = f"{os.sep}site-packages{os.sep}"


_places: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()


def explain() -> None:
    """From now on it is known where things are made."""
    _tracemalloc.start(FRAMES)
    # Before 3.12 it is not known of objects that have attributes.
    _note(threading.Thread)
    if importlib.util.find_spec("ssl") is not None:
        _note(importlib.import_module("ssl").SSLContext)


def _note(cls: Any) -> None:
    """Note where objects of a class are made."""
    usual = cls.__new__

    def new(cls: type, *arguments: Any, **values: Any) -> Any:
        given = ((), {}) if usual is object.__new__ else (arguments, values)
        thing = usual(cls, *given[0], **given[1])
        _places[thing] = project_place(_lines(sys._getframe(1)))
        return thing

    cls.__new__ = new


def made(thing: Any) -> str:
    """The line of the project at which a thing was made; nothing, if that is not known."""
    with suppress(TypeError):  # what cannot be referred to weakly
        if thing in _places:
            return _places[thing]
    lines = _tracemalloc._get_object_traceback(thing)
    return project_place(lines) if lines else ""


class Secrets:
    """Notes who asks for variables that only a machine that runs has."""

    def __init__(self) -> None:
        self.asked: dict[str, str] = {}  # their names, with the line
        self._usual: Any = None

    def watch(self, names: Collection[str]) -> None:
        """Note from now on who asks for these."""
        environ: Any = os.environ
        usual: Callable[[str], bytes] = environ.encodekey

        def encode(name: str) -> bytes:
            if name in names:
                self.asked.setdefault(name, project_place(_lines(sys._getframe(1))))
            return usual(name)

        self._usual, environ.encodekey = usual, encode

    def end(self) -> None:
        """Note nothing any more."""
        if self._usual is not None:
            os.environ.encodekey = self._usual


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
