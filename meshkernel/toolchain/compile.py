"""Compiles C and assembly, each file once: objects are kept by what went into them.

An object depends on the compiler, the flags, the source and every header it includes. The
headers are known only after the preprocessor ran, so a record beside the object lists them with
their contents' digests; an object is used again when the record still tells the truth. When it
does not, what the preprocessor makes of the source decides: services with different libraries
differ in headers of which most sources use nothing, and share their objects all the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import define, field, frozen

from meshkernel.toolchain import tools
from meshkernel.toolchain.cache import Cache, digest, file_digest

WORKERS = 2


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

    def compile(self, units: Iterable[Unit]) -> list[Path]:
        """The objects of the units, in their order."""
        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(self._one, units))

    def _one(self, unit: Unit) -> Path:
        compiler = tools.cc()
        flags = [_strip(flag, unit) for flag in unit.flags]
        name = _strip(str(unit.source), unit)
        key = digest(compiler.banner, *flags, self._digest(unit.source), name, unit.extra)
        record = self.cache.path("c", key, ".json")
        found = self._valid(record, unit)
        return found or self._compile(unit, compiler.path, record)

    def _digest(self, path: Path) -> str:
        """A file's digest; a build reads each header once."""
        if path not in self._digests:
            self._digests[path] = file_digest(path)
        return self._digests[path]

    def _valid(self, record: Path, unit: Unit) -> Path | None:
        """The object that the record names, if no header changed since."""
        try:
            entry = json.loads(record.read_text())
            for name, expected in entry["headers"]:
                if self._digest(_restore(name, unit)) != expected:
                    return None
        except FileNotFoundError:
            return None
        found = self.cache.path("o", entry["object"], ".o")
        return found if found.exists() else None

    def _compile(self, unit: Unit, compiler: Path, record: Path) -> Path:
        # The compiler notes the folder it runs in: one that the flags replace.
        where = unit.origins[0] if unit.origins else None
        with TemporaryDirectory() as folder:
            fresh, needs, text = (Path(folder, f"unit.{kind}") for kind in ("o", "d", "i"))
            command: list[str | Path] = [compiler, *unit.command_flags(), unit.source]
            tools.run([*command, "-E", "-o", text, "-MD", "-MF", needs, "-MT", "x"], cwd=where)
            headers = _prerequisites(needs.read_text())
            hashes = [(_strip(path, unit), file_digest(Path(path))) for path in headers]
            read = text.read_text(encoding="utf-8", errors="surrogateescape")
            name = digest(record.name, _strip(read, unit).encode("utf-8", "surrogateescape"))
            target = self.cache.path("o", name, ".o")
            if not target.exists():
                self.compiled += 1
                tools.run([*command, "-c", "-o", fresh], cwd=where)
                self.cache.write(target, fresh.read_bytes())
        self.cache.write(record, json.dumps({"object": name, "headers": hashes}).encode())
        return target


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
