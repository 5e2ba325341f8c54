"""The table of what asks for which libraries: ``needs.toml``, with a reason for each line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen

from meshkernel.config.selection.code import Code
from meshkernel.config.selection.resolver import Want

TABLE = Path(__file__).with_name("needs.toml")


@frozen
class Need:
    """One line about code: any of these modules or names asks for these libraries."""

    libraries: tuple[str, ...]
    because: str
    modules: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    def met_by(self, code: Code) -> str | None:
        """What of the code asks for it, as the beginning of a sentence."""
        for name in sorted(self.names & code.names.keys()):
            return f"{_users(code.names[name])} {name}"
        for module in sorted(self.modules & code.modules):
            return f"{module} is imported"
        return None


@frozen
class Needs:
    """The whole table.

    Attributes:
        always: libraries of every image, with a reason each.
        facts: libraries by the facts of a topology, such as "answers calls".
        code: what modules and names ask for.
    """

    always: Mapping[str, str]
    facts: Mapping[str, tuple[str, ...]]
    code: tuple[Need, ...]

    @property
    def names(self) -> frozenset[str]:
        """Every name that is worth looking for in code."""
        return frozenset(name for need in self.code for name in need.names)

    @property
    def libraries(self) -> frozenset[str]:
        """Every library that the table names."""
        asked = {name for names in self.facts.values() for name in names}
        return frozenset(asked | {*self.always} | {n for need in self.code for n in need.libraries})

    def of_code(self, code: Code) -> Iterator[Want]:
        """What this code asks for."""
        for need in self.code:
            found = need.met_by(code)
            if found is not None:
                for library in need.libraries:
                    yield Want(library, f"{found}: {need.because}", certain=False)


@cache
def load(path: Path = TABLE) -> Needs:
    """Reads the table."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return Needs(
        always={
            library: line["because"] for line in table["always"] for library in line["libraries"]
        },
        facts={line["fact"]: tuple(line["libraries"]) for line in table["topology"]},
        code=tuple(_need(line) for line in table["code"]),
    )


def _need(line: Mapping[str, Any]) -> Need:
    return Need(
        libraries=tuple(line["libraries"]),
        because=line["because"],
        modules=frozenset(line.get("modules", ())),
        names=frozenset(line.get("names", ())),
    )


def _users(modules: tuple[str, ...]) -> str:
    """Subject and verb for the modules that use a name."""
    if len(modules) == 1:
        return f"{modules[0]} uses"
    if len(modules) == 2:
        return f"{modules[0]} and {modules[1]} use"
    return f"{modules[0]} and {len(modules) - 1} others use"
