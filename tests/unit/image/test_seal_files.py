"""Sealed memory as files: nothing is lost, nothing is added, zeros take no room."""

from __future__ import annotations

import errno
import os
import subprocess
from io import BytesIO
from pathlib import Path

import pytest

from meshkernel.image.seal import PAGE, Processor, Range, Seal, SealError
from meshkernel.image.seal_files import Segment, check, elf, used, write_all

MIB = 1 << 20
SIZE = 8 * MIB
NONE = Processor("", (), 0, 0)
START = MIB
"""Where the kernel is, and PVH's entry."""


def seal(*ranges: tuple[int, int], entry: int = START + 16) -> Seal:
    return Seal(entry, tuple(Range(*each) for each in ranges), NONE)


@pytest.fixture
def memory() -> BytesIO:
    """Pages that say where they are, with zeros between; and some that no range has."""
    data = bytearray(SIZE)
    for page in (0, 1, 2, 40, 41, 300, 700):
        place = START + page * PAGE
        data[place : place + PAGE] = page.to_bytes(2, "little") * (PAGE // 2)
    data[START] = 1
    data[0x5000] = 99
    data[6 * MIB] = 99
    return BytesIO(data)


RANGES = ((START, START + 64 * PAGE), (START + 64 * PAGE, START + 800 * PAGE))


def expected(memory: BytesIO) -> bytes:
    """The memory, without what lies in no range."""
    data = bytearray(memory.getvalue())
    data[0x5000] = data[6 * MIB] = 0
    return bytes(data)


def test_pages_of_zeros_are_left_out(memory: BytesIO) -> None:
    found = [(s.start // PAGE - 256, len(s.data) // PAGE) for s in used(memory, _ranges())]
    assert found == [(0, 3), (40, 2), (300, 1), (700, 1)]


def test_small_gaps_may_be_kept(memory: BytesIO) -> None:
    found = [
        (s.start // PAGE - 256, len(s.data) // PAGE) for s in used(memory, _ranges(), 37 * PAGE)
    ]
    assert found == [(0, 42), (300, 1), (700, 1)]
    found = [(s.start, len(s.data)) for s in used(memory, _ranges(), 36 * PAGE)]
    assert len(found) == 4


def _ranges() -> list[Range]:
    return [Range(*each) for each in RANGES]


def test_all_three(memory: BytesIO, tmp_path: Path) -> None:
    paths = write_all(seal(*RANGES), memory, SIZE, tmp_path)
    ram = paths["image.ram"]
    assert ram.read_bytes() == expected(memory)
    assert ram.stat().st_blocks * 512 <= 16 * PAGE
    loaded = bytes(SIZE)
    for start, data in loads(paths["image.elf"]):
        loaded = loaded[:start] + data + loaded[start + len(data) :]
    assert loaded == expected(memory)
    ((start, data),) = loads(paths["start.elf"])
    assert (start, data) == (START, memory.getvalue()[START : START + PAGE])
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "image.elf",
        "image.ram",
        "start.elf",
    ]


def test_image_elf_has_no_room_for_pages_of_zeros(memory: BytesIO, tmp_path: Path) -> None:
    file = write_all(seal(*RANGES), memory, SIZE, tmp_path)["image.elf"].stat()
    segments = [(0, 3), (40, 42), (300, 301), (700, 701)]
    assert file.st_size == (1 + sum(end - start for start, end in segments)) * PAGE
    assert file.st_blocks * 512 <= file.st_size


@pytest.mark.parametrize("fault", [errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP])
def test_where_blocks_cannot_be_shared_they_are_copied(
    fault: int, memory: BytesIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = write_all(seal(*RANGES), memory, SIZE, tmp_path / "usual")["image.elf"].read_bytes()

    def refuse(*_: int) -> int:
        raise OSError(fault, "refused")

    monkeypatch.setattr(os, "copy_file_range", refuse)
    copied = write_all(seal(*RANGES), memory, SIZE, tmp_path / "copied")["image.elf"]
    assert copied.read_bytes() == usual


def test_a_copy_that_comes_in_pieces_is_whole(
    memory: BytesIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = write_all(seal(*RANGES), memory, SIZE, tmp_path / "usual")["image.elf"].read_bytes()
    clone = os.copy_file_range

    def little(source: int, target: int, count: int, at: int, to: int) -> int:
        return clone(source, target, min(count, 1000), at, to)

    monkeypatch.setattr(os, "copy_file_range", little)
    pieces = write_all(seal(*RANGES), memory, SIZE, tmp_path / "pieces")["image.elf"]
    assert pieces.read_bytes() == usual


def test_a_full_disk_is_told(
    memory: BytesIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: int) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "copy_file_range", refuse)
    with pytest.raises(OSError, match="full"):
        write_all(seal(*RANGES), memory, SIZE, tmp_path)
    assert not (tmp_path / "image.elf").exists()


def test_a_larger_machine_has_a_larger_file(memory: BytesIO, tmp_path: Path) -> None:
    ram = write_all(seal(*RANGES), memory, 64 * MIB, tmp_path)["image.ram"]
    assert ram.stat().st_size == 64 * MIB
    assert ram.read_bytes()[:SIZE] == expected(memory)


def loads(path: Path) -> list[tuple[int, bytes]]:
    """What a loader would put where, by binutils' account."""
    text = subprocess.run(
        ["readelf", "-lW", path], capture_output=True, text=True, check=True
    ).stdout
    data = path.read_bytes()
    found = []
    for line in text.splitlines():
        match line.split():
            case ["LOAD", offset, _, physical, size, memory_size, *_]:
                assert size == memory_size
                at, count = int(offset, 16), int(size, 16)
                assert at % PAGE == int(physical, 16) % PAGE == 0
                found.append((int(physical, 16), data[at : at + count]))
    return found


def test_pvh_finds_its_entry(tmp_path: Path) -> None:
    path = tmp_path / "a.elf"
    path.write_bytes(elf(0x100010, [Segment(START, b"\1" * PAGE)]))
    text = subprocess.run(
        ["readelf", "-nhW", path], capture_output=True, text=True, check=True
    ).stdout
    assert "Xen" in text
    assert "0x00000012" in text  # XEN_ELFNOTE_PHYS32_ENTRY
    assert "10 00 10 00 00 00 00 00" in text
    assert "Entry point address:               0x100010" in text


@pytest.mark.parametrize(
    ("ranges", "what"),
    [
        (((0xFF000, 2 * MIB),), "belongs to the firmware"),
        (((MIB, 9 * MIB),), "up to 0x900000 of 0x800000 bytes"),
    ],
)
def test_memory_that_cannot_be_an_image(ranges: tuple[tuple[int, int]], what: str) -> None:
    with pytest.raises(SealError, match=what):
        check(seal(*ranges), SIZE)


def test_memory_above_the_hole_cannot_be_mapped() -> None:
    with pytest.raises(SealError, match="up to 0xc0001000"):
        check(seal((MIB, (3 << 30) + PAGE)), 8 << 30)
