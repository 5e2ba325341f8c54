"""What the library OS declares about itself: libraries and system calls."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from attrs import field, frozen

from meshkernel.plan.model import ServicePlan

LIBOS = Path(__file__).resolve().parents[1] / "libos"

OptionValue = int | str | bool


@frozen
class Library:
    """One library of the library OS, as its ``lib.toml`` declares it. ``name`` is its folder."""

    name: str
    purpose: str
    requires: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    options: Mapping[str, OptionValue] = field(factory=dict)


@frozen
class LibrarySources:
    """All that there is to choose from. ``syscalls`` are (number, name), by number."""

    libraries: tuple[Library, ...]
    syscalls: tuple[tuple[int, str], ...]

    @classmethod
    def load(cls, root: Path = LIBOS) -> LibrarySources:
        """Read the manifests and the table of system calls below this folder."""
        manifests = sorted(root.rglob("lib.toml"))
        table = root / "linux" / "syscalls.tbl"
        return cls(
            libraries=tuple(_library(path, root) for path in manifests),
            syscalls=parse_syscalls(table.read_text(encoding="utf-8")),
        )


def select_libraries(sources: LibrarySources, service: ServicePlan) -> tuple[Library, ...]:
    """The libraries that this service's library OS is made of: all of them, for every service."""
    del service
    return sources.libraries


def parse_syscalls(text: str) -> tuple[tuple[int, str], ...]:
    """The lines ``number name`` of a table; ValueError for a number or a name that is there
    twice.
    """
    calls: dict[int, str] = {}
    for line, entry in enumerate(text.splitlines(), start=1):
        words = entry.split("#")[0].split()
        if not words:
            continue
        if len(words) != 2 or not words[0].isdigit():
            raise ValueError(f"syscalls.tbl:{line}: {entry!r} is not `number name`")
        number, name = int(words[0]), words[1]
        if number in calls or name in calls.values():
            raise ValueError(f"syscalls.tbl:{line}: {number} {name} is there twice")
        calls[number] = name
    return tuple(sorted(calls.items()))


def options_of(libraries: Iterable[Library]) -> dict[str, OptionValue]:
    """Every option of these libraries; ValueError for one that two of them declare."""
    options: dict[str, OptionValue] = {}
    for library in libraries:
        if twice := options.keys() & library.options.keys():
            raise ValueError(f"{library.name}/lib.toml: {min(twice)} is another library's option")
        options.update(library.options)
    return dict(sorted(options.items()))


def _library(path: Path, root: Path) -> Library:
    manifest = tomllib.loads(path.read_text(encoding="utf-8"))
    return Library(
        name=str(path.parent.relative_to(root)),
        purpose=manifest["purpose"],
        requires=tuple(manifest.get("requires", ())),
        sources=tuple(manifest.get("sources", ())),
        options=manifest.get("options", {}),
    )
