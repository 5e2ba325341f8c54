"""What the services say: the last lines of each in memory, all of it in a file."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from attrs import asdict, frozen

from meshkernel.supervisor.followers import Followers

KEPT = 1000
"""Lines of each service that stay in memory."""

ROTATED_AT = 4 << 20
"""Bytes at which a log file becomes ``.log.1`` and a new one is begun."""

LONGEST = 1 << 13
"""Characters of a line; a longer one is broken into several."""


@frozen
class Line:
    """One line of one service; ``time`` in seconds since 1970."""

    time: float
    service: str
    text: str

    def written(self) -> str:
        """The line as it stands in the file: its time in UTC, then its text."""
        return f"{written(self.time)} {self.text}"

    def as_map(self) -> dict[str, object]:
        """For the control socket."""
        return asdict(self)


class _File:
    """A log file that never grows beyond twice `ROTATED_AT`, its predecessor included."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: TextIO | None = None

    def write(self, line: Line) -> None:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("a", encoding="utf-8", errors="replace", buffering=1)
        self._file.write(line.written() + "\n")
        if self._file.tell() >= ROTATED_AT:
            self.close()
            self.path.replace(self.path.with_suffix(".log.1"))

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class LogBook:
    """The logs of a mesh."""

    def __init__(self, folder: Path, services: Iterable[str]) -> None:
        self._folder = folder
        self._lines: dict[str, deque[Line]] = {}
        self._files: dict[str, _File] = {}
        self.extend(services)
        self._followers: Followers[Line] = Followers()

    def extend(self, names: Iterable[str]) -> None:
        """Others will say something, too."""
        for name in names:
            self._lines[name] = deque(maxlen=KEPT)
            self._files[name] = _File(self._folder / f"{name}.log")

    def path(self, service: str) -> Path:
        """The file of a service's log."""
        return self._files[service].path

    def add(self, service: str, text: str, time: float) -> None:
        """Note what a service said; several lines at once become several lines."""
        for part in _parts(text):
            line = Line(time, service, part)
            self._lines[service].append(line)
            self._files[service].write(line)
            self._followers.tell(line)

    def last(self, services: Iterable[str] = (), count: int | None = None) -> list[Line]:
        """The last lines of these services (of all, if none is named), oldest first.

        ``count`` bounds the lines of each service.
        """
        names = list(services) or list(self._lines)
        chosen = [list(self._lines[name]) for name in names]
        if count is not None:
            chosen = [lines[-count:] if count > 0 else [] for lines in chosen]
        return sorted((line for lines in chosen for line in lines), key=lambda line: line.time)

    def since(self, service: str, time: float) -> list[Line]:
        """The lines in memory of one service that are not older than ``time``."""
        return [line for line in self._lines[service] if line.time >= time]

    def following(
        self, services: Iterable[str] = ()
    ) -> AbstractAsyncContextManager[AsyncIterator[Line]]:
        """The lines from now on, for as long as the block runs."""
        names = frozenset(services)  # none: all, and those that come later
        return self._followers.following(lambda line: not names or line.service in names)

    def close(self) -> None:
        """Close the files; the lines in memory stay, and those who follow get no more."""
        self._followers.close()
        for file in self._files.values():
            file.close()


def written(time: float) -> str:
    """A time in UTC, with milliseconds, of seconds since 1970."""
    moment = datetime.fromtimestamp(time, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _parts(text: str) -> Iterator[str]:
    """The lines of a text, long ones in pieces: what a service says must not fill the memory."""
    for line in text.splitlines() or [""]:
        for start in range(0, max(len(line), 1), LONGEST):
            yield line[start : start + LONGEST]
