"""Files by path, on an image that the framework's own writer made."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from meshkernel.image.filesystem import File, Symlink, write

from .conftest import CTest, sources_of

LIBRARIES = (
    "fs",
    "fs/proc",
    "fs/tmpfs",
    "ipc/memfd",
    "ipc/pipe",
    "ipc/stream",
    "linux/absent",
    "linux/changes",
    "linux/copy",
    "linux/descriptors",
    "linux/locks",
    "linux/statfs",
    "linux/vectors",
    "linux/xattr",
)
CALLS = (
    "credentials",
    "descriptor",
    "directory",
    "file",
    "path",
    "readlink",
    "seek",
    "stat",
    "advice/files",
)
SOURCES = ["core/start.c", *sources_of(*LIBRARIES), *(f"linux/{name}.c" for name in CALLS)]


@pytest.fixture
def image(tmp_path: Path) -> Path:
    entries: dict[str, File | Symlink] = {
        "/usr/lib/python/module.py": File(b"print()"),
        "/usr/lib/big": File(b"b" * (2 * 4096 + 100), 0o755),
        "/usr/lib/up": Symlink("../lib"),
        "/lib": Symlink("usr/lib"),
        "/absolute": Symlink("/lib/python"),
        "/loop": Symlink("loop"),
        "/dangling": Symlink("nowhere"),
        "/program": Symlink("lib/big"),
        "/etc/below": File(b"image"),
        "/etc/passwd": File(b"covered"),
    }
    entries |= {f"/many/file{i:03}": File(b"x" * i) for i in range(200)}
    path = tmp_path / "image.bin"
    with path.open("wb") as out:
        write(entries, out)
    return path


def test_files(c_test: CTest, image: Path, tmp_path: Path) -> None:
    c_test("files", SOURCES, image)
    for place in (0, 16, 24, 40):  # the magic number, two tables' offsets, a count
        data = bytearray(image.read_bytes())
        data[place : place + 4] = b"\xff\xff\xff\xff"
        damaged = tmp_path / "damaged.bin"
        damaged.write_bytes(data)
        done = subprocess.run(
            [tmp_path / "files", damaged], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.stderr == "panic: the image holds no file system of version 1\n"
