"""The table of what asks for which libraries: ``needs.toml``, with a reason for each line."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen

from meshkernel.config.libos import Library
from meshkernel.config.selection.code import Code
from meshkernel.config.selection.resolver import Want

VERSION = sys.version_info[:2]
"""Of the interpreter that is put into images: the one that runs this."""

TABLE = Path(__file__).with_name("needs.toml")


@frozen
class Asked:
    """What a line asks for: mostly what a library provides, so that it need not know which."""

    libraries: frozenset[str] = frozenset()
    syscalls: frozenset[str] = frozenset()
    drivers: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    sockets: frozenset[str] = frozenset()

    def wants(self, libraries: Iterable[Library], reason: str, *, certain: bool) -> Iterator[Want]:
        """The libraries that have any of it."""
        for library in libraries:
            if (
                library.name in self.libraries
                or not self.syscalls.isdisjoint(library.syscalls)
                or not self.drivers.isdisjoint(library.drivers)
                or not self.sockets.isdisjoint(library.sockets)
                or any(library.has_file(path) for path in self.files)
            ):
                yield Want(library.name, reason, certain)


@frozen
class Need:
    """A line about code: any of these modules, names or symbols asks for something.

    Own names count in the project's own modules only.
    """

    because: str
    asked: Asked
    modules: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    symbols: frozenset[str] = frozenset()
    own_names: frozenset[str] = frozenset()

    def met_by(self, code: Code) -> str | None:
        """What of the code asks for it, as the beginning of a sentence."""
        for name in sorted(self.own_names & code.names.keys()):
            if own := tuple(module for module in code.names[name] if module in code.own):
                return users(own, name)
        for name in sorted(self.names & code.names.keys()):
            return users(code.names[name], name)
        for symbol in sorted(self.symbols & code.symbols.keys()):
            return users(code.symbols[symbol], f"{symbol}()")
        for module in sorted(self.modules & code.modules):
            return f"{module} is imported"
        return None


@frozen
class Needs:
    """The whole table.

    Attributes:
        always: what every image asks for, with the reasons, and whether it cannot do without.
        facts: what the facts of a topology ask for, such as "answers".
        code: what modules, names and symbols ask for.
    """

    always: tuple[tuple[str, Asked, bool], ...]
    facts: Mapping[str, Asked]
    code: tuple[Need, ...]

    @property
    def names(self) -> frozenset[str]:
        """Every name and symbol that is worth looking for in code."""
        return frozenset(
            name for need in self.code for name in need.names | need.symbols | need.own_names
        )

    def of_every_image(self, libraries: Iterable[Library]) -> Iterator[Want]:
        """What every image has."""
        for because, asked, certain in self.always:
            yield from asked.wants(libraries, because, certain=certain)

    def of_facts(self, libraries: Iterable[Library], facts: Mapping[str, str]) -> Iterator[Want]:
        """What a topology asks for: its facts, with a clause for each."""
        for fact, clause in facts.items():
            yield from self.facts[fact].wants(libraries, clause, certain=True)

    def of_code(self, libraries: Iterable[Library], code: Code) -> Iterator[Want]:
        """What this code asks for."""
        for need in self.code:
            found = need.met_by(code)
            if found is not None:
                reason = f"{found}: {need.because}"
                yield from need.asked.wants(libraries, reason, certain=False)


@cache
def load(path: Path = TABLE) -> Needs:
    """Reads the table."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return Needs(
        always=tuple(
            (line["because"], _asked(line), not line.get("optional", False))
            for line in table["always"]
        ),
        facts={line["fact"]: _asked(line) for line in table["topology"]},
        code=tuple(
            _need(line) for line in table["code"] if tuple(line.get("since", ())) <= VERSION
        ),
    )


def _asked(line: Mapping[str, Any]) -> Asked:
    kinds = ("libraries", "syscalls", "drivers", "files", "sockets")
    return Asked(*(frozenset(line.get(kind, ())) for kind in kinds))


def _need(line: Mapping[str, Any]) -> Need:
    kinds = ("modules", "names", "symbols", "own_names")
    return Need(line["because"], _asked(line), *(frozenset(line.get(kind, ())) for kind in kinds))


def users(modules: tuple[str, ...], name: str) -> str:
    """That these modules use a name, as the beginning of a sentence."""
    if len(modules) == 1:
        return f"{modules[0]} uses {name}"
    if len(modules) == 2:
        return f"{modules[0]} and {modules[1]} use {name}"
    return f"{modules[0]} and {len(modules) - 1} others use {name}"
