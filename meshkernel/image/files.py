"""The files of one program as a file system, kept as long as nothing they come from changed."""

from __future__ import annotations

import hashlib
import importlib.machinery
import json
import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from stat import S_ISDIR
from typing import Any

from attrs import asdict, frozen

from meshkernel.config.selection import OPAQUE, Code
from meshkernel.image import contents, filesystem
from meshkernel.image.contents import Item, Items
from meshkernel.image.filesystem import File
from meshkernel.image.paths import Environment
from meshkernel.toolchain.cache import Cache, digest, file_digest, replacing

SUFFIXES = frozenset(importlib.machinery.all_suffixes())


@frozen
class Listed:
    """One file in a bill of materials. ``file``: what it was on this machine, if it was one."""

    path: str
    sha256: str
    size: int
    origin: str
    file: str = ""


@frozen
class Files:
    """A file system in the cache, and what is known of it.

    Attributes:
        blob: the file system.
        digest: of the file system.
        modules: Python modules in it.
        warnings: what may be missing in it.
        bill: every file in it, by path.
        runtime: the file on this machine that is the object with the interpreter's state; in the
            file system it has `filesystem.FIRST_INODE`.
        code: what the program says of the system calls that it makes.
    """

    blob: Path
    digest: str
    modules: tuple[str, ...]
    warnings: tuple[str, ...]
    bill: tuple[Listed, ...]
    runtime: Path | None
    code: Code = OPAQUE

    @property
    def objects(self) -> tuple[str, ...]:
        """The paths of ELF objects."""
        return tuple(listed.path for listed in self.bill if _is_object(listed.path))


def _is_object(path: str) -> bool:
    name = path.rpartition("/")[2]
    return ".so" in name or "/bin/" in path


def load(cache: Cache, key: str) -> Files | None:
    """The files that were made under this key, if none of their sources changed."""
    try:
        record = json.loads(cache.path("files", key, ".json").read_text())
    except FileNotFoundError:
        return None
    if any(stamp(path) != known for path, known in record["sources"].items()):
        return None
    if any(_data_stamp(Path(path)) != known for path, known in record["packages"].items()):
        return None
    blob = cache.path("blob", record["digest"])
    if not blob.exists():
        return None
    return Files(
        blob,
        record["digest"],
        tuple(record["modules"]),
        tuple(record["warnings"]),
        tuple(Listed(**listed) for listed in record["bill"]),
        Path(record["runtime"]) if record["runtime"] else None,
        _code(record),
    )


def _uses(code: Code) -> list[Mapping[str, tuple[str, ...]]] | None:
    own = dict.fromkeys(sorted(code.own), ())
    return None if code.opaque else [code.names, code.symbols, code.paths, own]


def _code(record: Mapping[str, Any]) -> Code:
    if record["uses"] is None:
        return OPAQUE
    names, symbols, paths, own = (
        {name: tuple(by) for name, by in found.items()} for found in record["uses"]
    )
    modules = frozenset(record["modules"])
    return Code(modules, names, symbols, frozenset(own), paths)


def make(
    cache: Cache,
    key: str,
    items: Items,
    environment: Environment,
    *,
    modules: Iterable[str] = (),
    warnings: Iterable[str] = (),
    looked_at: Iterable[Path] = (),
    packages: Iterable[Path] = (),
    runtime: tuple[str, Path] | None = None,
    code: Code = OPAQUE,
) -> Files:
    """Writes the file system of these items into the cache.

    Args:
        cache: where it goes.
        key: what it is found by.
        items: what is in it.
        environment: its folders are watched for new modules.
        modules: Python modules in it.
        warnings: what may be missing in it.
        looked_at: sources that are in it in another form.
        packages: folders of the project's packages, whose data is in it.
        runtime: path in the image, and file, of the object with the interpreter's state.
        code: what the program says of the system calls that it makes.
    """
    entries = {path: item.entry for path, item in items.items()}
    scratch = cache.path("blob", key)
    with replacing(scratch) as fresh:
        with fresh.open("wb") as out:
            filesystem.write(entries, out, runtime[0] if runtime else None)
        name = file_digest(fresh)
    blob = cache.path("blob", name)
    blob.parent.mkdir(parents=True, exist_ok=True)
    scratch.replace(blob)
    bill = tuple(_listed(path, item) for path, item in sorted(items.items()) if _is_file(item))
    packages = sorted(packages)
    sources = {*looked_at, *environment.watched, *packages, *_paths(items)}
    record: Mapping[str, Any] = {
        "digest": name,
        "modules": list(modules),
        "warnings": list(warnings),
        "bill": [asdict(listed) for listed in bill],
        "runtime": str(runtime[1]) if runtime else None,
        "uses": _uses(code),
        "sources": {str(path): stamp(path) for path in sorted(sources)},
        "packages": {str(path): _data_stamp(path) for path in packages},
    }
    cache.write(cache.path("files", key, ".json"), json.dumps(record).encode())
    file = runtime[1] if runtime else None
    return Files(blob, name, tuple(modules), tuple(warnings), bill, file, code)


def _is_file(item: Item) -> bool:
    return isinstance(item.entry, File)


def _paths(items: Items) -> Iterable[Path]:
    for item in items.values():
        if isinstance(item.entry, File) and isinstance(item.entry.source, Path):
            yield item.entry.source


def _listed(path: str, item: Item) -> Listed:
    assert isinstance(item.entry, File)  # noqa: S101 - by _is_file
    data = item.entry.contents()
    source = item.entry.source
    file = str(source.resolve()) if isinstance(source, Path) else ""
    return Listed(path, digest_of(data), len(data), item.origin, file)


def digest_of(data: bytes) -> str:
    """The SHA-256 of some bytes, as every tool computes it."""
    return hashlib.sha256(data).hexdigest()


def stamp(path: Path | str) -> str | None:
    """What changes with a file's contents, or with what can be imported from a folder.

    None if the path is not there.
    """
    try:
        found = os.stat(path)  # noqa: PTH116 - thousands of them
        if S_ISDIR(found.st_mode):
            with os.scandir(path) as entries:
                return digest(*sorted(entry.name for entry in entries if _importable(entry)))
    except FileNotFoundError:
        return None
    return f"{found.st_size} {found.st_mtime_ns}"


def _data_stamp(folder: Path) -> str:
    """What changes when a package gets other files."""
    return digest(*(str(path) for path in contents.data_below(folder)))


def _importable(entry: os.DirEntry[str]) -> bool:
    name, _, rest = entry.name.partition(".")
    if not name.isidentifier():
        return False
    if rest:
        return f".{rest}" in SUFFIXES
    return name != "__pycache__" and entry.is_dir()


def key_of(*parts: str) -> str:
    """A key for files; changes with the code that makes them."""
    return digest(*parts, *_code_here())


@lru_cache
def _code_here() -> tuple[str, ...]:
    here = Path(__file__).parent
    return tuple(file_digest(path) for path in sorted(here.glob("*.py")))
