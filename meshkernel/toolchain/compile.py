"""Compiles C and assembly, each file once: objects are kept by what went into them.

An object depends on the compiler, the flags, the source and every header it includes. The
headers are known only after the preprocessor ran, so a record lists them with their contents'
digests, and the object that they led to; it is used again when that is still true. A record has
several such entries, since services with different libraries differ in the generated headers. When
none is true, what the preprocessor makes of the source decides: of those headers most sources use
nothing, and share their objects all the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

from attrs import define, field, frozen

from meshkernel.toolchain import tools
from meshkernel.toolchain.cache import Cache, digest, file_digest

WORKERS = 2

ENTRIES = 16
"""At most in a record: as many configurations are remembered, the newest ones."""


@frozen
class Unit:
    """One source file and how to compile it.

    ``origins`` are folders that the object must not name. ``extra`` stands for what else the object
    depends on.
    """

    source: Path
    flags: tuple[str, ...]
    origins: tuple[Path, ...] = ()
    extra: str = ""

    def command_flags(self) -> list[str]:
        """The flags, and those that keep this machine's folders out of the object."""
        maps = [
            f"-ffile-prefix-map={root}={place}"
            for root, place in zip(self.origins, _places(self.origins), strict=True)
        ]
        return [*self.flags, *maps]


def _places(origins: Sequence[Path]) -> list[str]:
    return [f"/{origin.name}" for origin in origins]


@define
class Compiler:
    """Compiles units through a cache; ``compiled`` counts how often the compiler really ran."""

    cache: Cache
    compiled: int = 0
    _digests: dict[Path, str] = field(factory=dict)
    # By the folders that records leave out, and what they call a header: a thousand records name
    # the same hundred, and to find the path for a name takes longer than to look it up.
    _named: dict[tuple[Path, ...], dict[str, str]] = field(factory=dict)
    _writing: Lock = field(factory=Lock)

    def compile(self, units: Iterable[Unit]) -> list[Path]:
        """The objects of the units, in their order."""
        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(self._one, units))

    def _one(self, unit: Unit) -> Path:
        compiler = tools.cc()
        flags = [_strip(flag, unit) for flag in unit.flags]
        name = _strip(str(unit.source), unit)
        key = digest(compiler.banner, *flags, self._digest(unit.source), name, unit.extra)
        record = self.cache.path("compiled", key, ".json")
        found = self._valid(record, unit)
        return found or self._compile(unit, compiler.path, record)

    def _digest(self, path: Path) -> str:
        """A file's digest; a build reads each header once."""
        if path not in self._digests:
            self._digests[path] = file_digest(path)
        return self._digests[path]

    def _valid(self, record: Path, unit: Unit) -> Path | None:
        """The object that an entry of the record names whose headers are as they are now."""
        for entry in _entries(record):
            if self._is_true(entry, unit):
                found = self.cache.path("o", entry["object"], ".o")
                return found if found.exists() else None
        return None

    def _is_true(self, entry: dict[str, Any], unit: Unit) -> bool:
        known = self._named.setdefault(unit.origins, {})
        for name, expected in entry["headers"]:
            if name not in known:
                try:
                    known[name] = self._digest(_restore(name, unit))
                except FileNotFoundError:
                    known[name] = ""
            if known[name] != expected:
                return False
        return True

    def _compile(self, unit: Unit, compiler: Path, record: Path) -> Path:
        # The compiler notes the folder it runs in: one that the flags replace.
        where = unit.origins[0] if unit.origins else None
        with TemporaryDirectory() as folder:
            fresh, needs, text = (Path(folder, f"unit.{kind}") for kind in ("o", "d", "i"))
            command: list[str | Path] = [compiler, *unit.command_flags(), unit.source]
            tools.run([*command, "-E", "-o", text, "-MD", "-MF", needs, "-MT", "x"], cwd=where)
            headers = _prerequisites(needs.read_text())
            hashes = [[_strip(path, unit), file_digest(Path(path))] for path in headers]
            read = text.read_text(encoding="utf-8", errors="surrogateescape")
            name = digest(record.name, _strip(read, unit).encode("utf-8", "surrogateescape"))
            target = self.cache.path("o", name, ".o")
            if not target.exists():
                self.compiled += 1
                tools.run([*command, "-c", "-o", fresh], cwd=where)
                self.cache.write(target, fresh.read_bytes())
        self._remember(record, {"object": name, "headers": hashes})
        return target

    def _remember(self, record: Path, entry: dict[str, Any]) -> None:
        with self._writing:  # of two builds at once one may forget what the other has learnt
            others = [each for each in _entries(record) if each["headers"] != entry["headers"]]
            kept = [entry, *others][:ENTRIES]
            self.cache.write(record, json.dumps(kept).encode())


def _entries(record: Path) -> list[dict[str, Any]]:
    try:
        entries: list[dict[str, Any]] = json.loads(record.read_text())
    except FileNotFoundError:
        return []
    return entries


def _strip(text: str, unit: Unit) -> str:
    """The text with this machine's folders taken out, so that a moved tree hits the cache."""
    for index, root in enumerate(unit.origins):
        text = text.replace(str(root), f"@{index}")
    return text


def _restore(name: str, unit: Unit) -> Path:
    for index, root in enumerate(unit.origins):
        name = name.replace(f"@{index}/", f"{root}/")
    return Path(name)


def _prerequisites(rule: str) -> list[str]:
    """The files that a make rule written by ``-MD`` names, sorted."""
    _, _, names = rule.replace("\\\n", " ").partition(": ")
    words = names.replace("\\ ", "\0").split()
    return sorted({word.replace("\0", " ") for word in words})
