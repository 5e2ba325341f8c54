"""The content-addressed cache of everything a build makes: ``build/cache``."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen


def digest(*parts: str | bytes) -> str:
    """One hexadecimal SHA-256 over all parts, none of which can be mistaken for its neighbour."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "little") + data)
    return total.hexdigest()


def file_digest(path: Path) -> str:
    """The hexadecimal SHA-256 of a file's contents."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A new file to write, which takes the place of ``path`` at once when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    fresh = Path(name)
    try:
        yield fresh
        fresh.chmod(0o644)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


@frozen
class Cache:
    """A folder whose files are named after what they were made from."""

    root: Path

    def path(self, kind: str, key: str, suffix: str = "") -> Path:
        """Where the thing of this kind and key is, or would be."""
        return self.root / kind / key[:2] / f"{key[2:]}{suffix}"

    def write(self, path: Path, data: bytes) -> Path:
        """Stores bytes; two builds may do so at once."""
        with replacing(path) as fresh:
            fresh.write_bytes(data)
        return path
