"""The content-addressed cache of everything a build makes: ``build/cache``."""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
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


def stamp(path: Path) -> str | None:
    """What changes whenever a file is written to, without reading it; None if it is not there.

    The kernel sets the time of the last change of an inode, and nobody else can.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return f"{found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"


@contextmanager
def replacing(path: Path, mode: int = 0o644) -> Iterator[Path]:
    """A new file to write, which takes the place of ``path`` at once when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    fresh = Path(name)
    try:
        yield fresh
        fresh.chmod(mode)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def also_named(file: Path, name: Path) -> bool:
    """Give a file another name, which may be that of another file; returns whether it had it
    already.
    """
    try:
        if name.samefile(file):
            return True
    except FileNotFoundError:
        pass
    fresh = name.with_name(f".{name.name}.{secrets.token_hex(8)}")
    fresh.hardlink_to(file)
    try:
        fresh.replace(name)
    finally:
        fresh.unlink(missing_ok=True)
    return False


@frozen
class Cache:
    """A folder whose files are named after what they were made from."""

    root: Path

    def path(self, kind: str, key: str, suffix: str = "") -> Path:
        """Where the thing of this kind and key is, or would be."""
        return self.root / kind / key[:2] / f"{key[2:]}{suffix}"

    def digest_of(self, path: Path) -> str:
        """A file's digest, which is worked out once for as long as nobody writes to the file.

        Raises:
            FileNotFoundError: it is not there.
        """
        return self.text("digest", digest(f"{path} {stamp(path)}"), lambda: file_digest(path))

    def text(self, kind: str, key: str, make: Callable[[], str]) -> str:
        """What ``make`` returned the first time, for this kind and key.

        A key that has the stamps of what ``make`` reads stays true if a file is written to
        meanwhile: no file has that stamp any more.
        """
        kept = self.path(kind, key, ".txt")
        try:
            return kept.read_text()
        except FileNotFoundError:
            made = make()
            self.write(kept, made.encode())
            return made

    def write(self, path: Path, data: bytes) -> Path:
        """Stores bytes; two builds may do so at once."""
        with replacing(path) as fresh:
            fresh.write_bytes(data)
        return path
