"""Library operating systems that were compiled before, found again without reading their sources.

The compiler's cache looks at every header of every object, which for eight services are thousands
of files. Nothing of that is needed while no file of ours has been written to.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from attrs import field, frozen

from meshkernel.toolchain.cache import Cache, digest, stamp


def stamp_of(roots: Iterable[Path]) -> str:
    """What changes when a file below one of these folders is written to, made or removed; but for
    the bytecode that Python keeps there.
    """
    files = sorted(
        Path(folder, name)
        for root in roots
        for folder, _, names in os.walk(root)
        for name in names
        if not name.endswith(".pyc")
    )
    return digest(*(f"{path} {stamp(path)}" for path in files))


@frozen
class LibraryOS:
    """The compiled library OS of one configuration. ``digest`` changes with any of it."""

    objects: tuple[Path, ...]
    digest: str
    owners: Mapping[str, str] = field(factory=dict, eq=False)
    """The library of each object, by its path."""


def recall(cache: Cache, parts: Sequence[str]) -> LibraryOS | None:
    """What was compiled from exactly these; None if nothing was, or if an object is gone."""
    try:
        record = json.loads(_place(cache, parts).read_text())
    except FileNotFoundError:
        return None
    objects = tuple(cache.root / name for name in record["objects"])
    if not all(os.path.exists(path) for path in objects):  # noqa: PTH110 - thousands of them
        return None
    owners = dict(zip(map(str, objects), record["owners"], strict=True))
    return LibraryOS(objects, record["digest"], owners)


def remember(cache: Cache, parts: Sequence[str], compiled: LibraryOS) -> None:
    """Keep what was compiled from these parts."""
    record = {
        "objects": [str(path.relative_to(cache.root)) for path in compiled.objects],
        "owners": [compiled.owners[str(path)] for path in compiled.objects],
        "digest": compiled.digest,
    }
    cache.write(_place(cache, parts), json.dumps(record).encode())


def _place(cache: Cache, parts: Sequence[str]) -> Path:
    return cache.path("libos", digest(*parts), ".json")
