"""Collecting faults while a topology is read: nothing stops at the first one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from meshkernel.errors import Fault
from meshkernel.topology.positions import KeyPath
from meshkernel.topology.values import duration

_TYPES: dict[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "a table",
}

Table = Mapping[str, Any]


class Faults:
    """The faults of one file, in the order of its lines."""

    def __init__(self, file: str, lines: Mapping[KeyPath, int]) -> None:
        self._file = file
        self._lines = lines
        self._found: list[Fault] = []

    def add(self, path: KeyPath, what: str, remedy: str) -> None:
        """Note a fault at a key."""
        self._found.append(Fault(what, remedy, self._file, self.line(path), dotted(path) or None))

    def line(self, path: KeyPath) -> int:
        """The line of a key, or of what holds it."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def in_order(self) -> list[Fault]:
        """All of them, by line."""
        return sorted(self._found, key=lambda fault: fault.line or 0)

    def typed(self, table: Table, path: KeyPath, key: str, expected: type, example: str) -> Any:
        """The value of a key if it is there and of this type, else None."""
        value = table.get(key)
        if value is None or type(value) is expected:
            return value
        self.add(
            (*path, key), f"{told(value)} where {_TYPES[expected]} belongs", f"write {example}"
        )
        return None

    def duration(self, table: Table, path: KeyPath, key: str, *examples: str) -> float | None:
        """Seconds of a duration above zero, if the key is there and has one; ``examples``: at least
        two.
        """
        quoted = [f'"{example}"' for example in examples]
        text = self.typed(table, path, key, str, quoted[0])
        if text is None:
            return None
        seconds = duration(text)
        if seconds is None:
            what = f"{text!r} is not a duration above zero"
            remedy = f"write one such as {', '.join(quoted[:-1])} or {quoted[-1]}"
            self.add((*path, key), what, remedy)
        return seconds

    def unknown(
        self, table: Table, path: KeyPath, known: Iterable[str], later: Iterable[str] = ()
    ) -> None:
        """Note the keys of a table that are not known, or not supported yet."""
        names = sorted(known)
        for key in table:
            if key in later:
                self.add((*path, key), "this is not supported yet", "leave it out")
            elif key not in names:
                self.add((*path, key), "there is no such key", nearest(key, names))


def nearest(name: str, names: Iterable[str]) -> str:
    """The remedy for a name that does not exist."""
    known = sorted(names)
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"use one of: {', '.join(known)}" if known else "leave it out"


def told(value: Any) -> str:
    """A value in a few words, for a fault."""
    kind = _TYPES.get(type(value), type(value).__name__)
    return kind if isinstance(value, (dict, list)) else f"{kind} ({value!r})"


def dotted(path: KeyPath) -> str:
    """A key as one would write it: ``services.cart.expose[0].port``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")
