"""What the library OS declares about itself: libraries and system calls."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

LIBOS = Path(__file__).resolve().parents[1] / "libos"

OptionValue = int | str | bool


@frozen
class Option:
    """What may be set about a library: ``MK_NAME`` in its sources.

    Attributes:
        default: its value if nobody sets it.
        purpose: what it is for.
        range: the least and the greatest value, if it is a number.
        choices: all values, if they are few.
    """

    default: OptionValue
    purpose: str = ""
    range: tuple[int, int] | None = None
    choices: tuple[OptionValue, ...] = ()


@frozen
class Library:
    """One library of the library OS, as its ``lib.toml`` declares it.

    Attributes:
        name: its folder.
        purpose: what it is for.
        requires: the libraries that it cannot do without.
        sources: what is compiled, relative to its folder.
        options: what may be set about it, by name.
        syscalls, drivers, files, sockets: what it provides: names of system calls, names of
            drivers, paths below /proc and /dev, families and types as ``AF_INET SOCK_STREAM``.
    """

    name: str
    purpose: str
    requires: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    options: Mapping[str, Option] = field(factory=dict)
    syscalls: tuple[str, ...] = ()
    drivers: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    sockets: tuple[str, ...] = ()

    def has_file(self, path: str) -> bool:
        """Whether it provides a path, something above it, or something below it."""
        return any(f"{path}/".startswith(f"{f}/") or f.startswith(f"{path}/") for f in self.files)


@frozen
class LibrarySources:
    """All that there is to choose from. ``numbers`` are those of Linux' system calls, by name."""

    libraries: tuple[Library, ...]
    numbers: Mapping[str, int]

    @classmethod
    def load(cls, root: Path = LIBOS) -> LibrarySources:
        """Read the manifests and the names of system calls below this folder.

        Raises:
            ValueError: two libraries provide one system call, or one that Linux does not have.
        """
        manifests = sorted(root.rglob("lib.toml"))
        names = root / "arch" / "x86_64" / "syscall_names.h"
        sources = cls(
            libraries=tuple(_library(path, root) for path in manifests),
            numbers=parse_numbers(names.read_text(encoding="utf-8")),
        )
        sources.syscalls(sources.libraries)
        return sources

    def syscalls(self, libraries: Iterable[Library]) -> tuple[tuple[int, str, str], ...]:
        """The system calls of these libraries: number, name and library, by number."""
        owners: dict[str, str] = {}
        for library in libraries:
            for name in library.syscalls:
                if name in owners:
                    raise ValueError(f"{library.name}/lib.toml: {name} is {owners[name]}'s")
                if name not in self.numbers:
                    raise ValueError(f"{library.name}/lib.toml: Linux has no system call {name}")
                owners[name] = library.name
        return tuple(sorted((self.numbers[name], name, owners[name]) for name in owners))


def parse_numbers(text: str) -> dict[str, int]:
    """Numbers by name, from lines ``NAME(number, name)``."""
    return {name: int(number) for number, name in re.findall(r"NAME\((\d+), (\w+)\)", text)}


def options_of(libraries: Iterable[Library]) -> dict[str, OptionValue]:
    """The default of every option; ValueError for one that two libraries declare."""
    options: dict[str, OptionValue] = {}
    for library in libraries:
        if twice := options.keys() & library.options.keys():
            raise ValueError(f"{library.name}/lib.toml: {min(twice)} is another library's option")
        options.update({name: option.default for name, option in library.options.items()})
    return dict(sorted(options.items()))


def _library(path: Path, root: Path) -> Library:
    manifest = tomllib.loads(path.read_text(encoding="utf-8"))
    return Library(
        name=str(path.parent.relative_to(root)),
        purpose=manifest["purpose"],
        requires=tuple(manifest.get("requires", ())),
        sources=tuple(manifest.get("sources", ())),
        options={name: _option(table) for name, table in manifest.get("options", {}).items()},
        **{what: tuple(names) for what, names in manifest.get("provides", {}).items()},
    )


def _option(table: Mapping[str, Any] | OptionValue) -> Option:
    """A table, or the default alone."""
    if not isinstance(table, Mapping):
        return Option(table)
    low, high = table.get("range", (None, None))
    return Option(
        default=table["default"],
        purpose=table["purpose"],
        range=None if low is None else (low, high),
        choices=tuple(table.get("choices", ())),
    )
