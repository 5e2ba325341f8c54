"""The image file system: what is written can be read, and always the same."""

from __future__ import annotations

import io
import stat
import struct
from pathlib import Path

import pytest

from meshkernel.image import filesystem
from meshkernel.image.filesystem import PAGE, Directory, File, Reader, Symlink

ENTRIES = {
    "/app/main.py": File(b"print('hello')\n"),
    "/app/copy.py": File(b"print('hello')\n", 0o755),
    "/app/large": File(b"x" * (PAGE + 1)),
    "/bin": Symlink("usr/bin"),
    "/tmp": Directory(0o1777),
    "/usr/bin/empty": File(b""),
}


def build(entries: dict[str, filesystem.Entry]) -> Reader:
    out = io.BytesIO()
    size = filesystem.write(entries, out)
    assert size == len(out.getvalue())
    return Reader.parse(out.getvalue())


def test_everything_written_is_read_back() -> None:
    reader = build(ENTRIES)
    paths = dict(reader.walk())
    assert sorted(paths) == sorted(["/", "/app", "/usr", "/usr/bin", *ENTRIES])
    assert reader.contents(paths["/app/main.py"]) == b"print('hello')\n"
    assert reader.contents(paths["/bin"]) == b"usr/bin"
    assert reader.contents(paths["/app/large"]) == b"x" * (PAGE + 1)
    assert reader.contents(paths["/usr/bin/empty"]) == b""
    assert reader.inode(paths["/tmp"])[0] == stat.S_IFDIR | 0o1777
    assert reader.inode(paths["/app/copy.py"])[0] == stat.S_IFREG | 0o755
    assert reader.inode(paths["/"])[1] == 2 + 3


def test_names_are_sorted_as_bytes() -> None:
    reader = build({f"/{name}": File(b"") for name in ("b", "é", "B", "a", "aa", "_")})
    assert [name for name, _ in reader.list(0)] == ["B", "_", "a", "aa", "b", "é"]


def test_identical_contents_are_stored_once() -> None:
    reader = build(ENTRIES)
    paths = dict(reader.walk())
    assert reader.inode(paths["/app/main.py"])[3] == reader.inode(paths["/app/copy.py"])[3]


def test_order_of_entries_does_not_matter() -> None:
    backwards = dict(reversed(list(ENTRIES.items())))
    assert build(ENTRIES).data == build(backwards).data


def test_alignment() -> None:
    reader = build(ENTRIES)
    for path, number in reader.walk():
        mode, _, size, offset, _ = reader.inode(number)
        if stat.S_ISREG(mode):
            assert offset % (PAGE if size >= PAGE else 16) == 0, path
    large = dict(reader.walk())["/app/large"]
    start = reader.inode(large)[3] + PAGE + 1
    assert not any(reader.data[start : start + PAGE - 1]), "the last page is filled with zeros"


def elf(loaded: int, total: int) -> bytes:
    header = struct.pack(
        "<4sBBBB8xHHIQQQIHHHHHH",
        b"\x7fELF",
        2,
        1,
        1,
        0,
        3,
        62,
        1,
        0,
        64,
        total - 9,
        0,
        64,
        56,
        1,
        64,
        1,
        0,
    )
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, loaded, loaded, PAGE)
    return (header + segment).ljust(loaded, b"c").ljust(total, b"d")


def test_elf_objects_are_cut_behind_the_last_segment() -> None:
    reader = build({"/lib.so": File(elf(200, 1000))})
    number = dict(reader.walk())["/lib.so"]
    assert reader.contents(number) == elf(200, 1000)[:200]
    assert reader.inode(number)[3] % PAGE == 0


def test_real_library_keeps_its_loaded_bytes(tmp_path: Path) -> None:
    program = Path("/proc/self/exe").resolve()
    data = program.read_bytes()
    kept = filesystem.loaded_size(data)
    assert 0 < kept <= len(data)
    assert File(program).contents() == data[:kept]


@pytest.mark.parametrize("path", ["relative", "/a/../b", ""])
def test_paths_that_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match="not an absolute path"):
        build({path: File(b"")})


def test_file_below_a_file_is_refused() -> None:
    with pytest.raises(ValueError, match="below a file"):
        build({"/a": File(b""), "/a/b": File(b"")})


def test_reader_refuses_other_bytes() -> None:
    with pytest.raises(ValueError, match="version 1"):
        Reader.parse(bytes(PAGE))


def test_one_file_may_be_the_first() -> None:
    out = io.BytesIO()
    filesystem.write(ENTRIES, out, first="/app/large")
    reader = Reader.parse(out.getvalue())
    paths = dict(reader.walk())
    assert paths["/app/large"] + 1 == filesystem.FIRST_INODE
    assert reader.contents(paths["/app/large"]) == b"x" * (PAGE + 1)
    assert sorted(paths.values()) == list(range(len(paths)))
