"""Sealed memory as files: ``image.ram`` to be mapped, ``start.elf`` beside it, ``image.elf`` alone.

``image.ram`` is the memory itself, from physical address 0 on, with holes where it is zero: QEMU
maps it privately. ``start.elf`` is what QEMU takes as the kernel then: it says where PVH enters,
and holds the one page of the entry, which is the same in ``image.ram``. ``image.elf`` has all of
the memory in segments, for hypervisors that map nothing; its pages share the room of those of
``image.ram`` where the file system can do that.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from attrs import frozen

from meshkernel.image.seal import PAGE, Range, Seal, SealError
from meshkernel.toolchain.cache import replacing

LOWEST = 1 << 20
"""What lies below is firmware's, and where hypervisors put what they tell the machine."""

HIGHEST = 3 << 30
"""Above it physical addresses and places in the file differ, or nothing may be there at all."""

GAP = 16 * PAGE
"""Zeros of a segment that cost less than another segment."""

CHUNK = 1 << 20

CANNOT_CLONE = (errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EXDEV, errno.EPERM)
"""What copy_file_range(2) says where a copy has to be made by hand."""

ELF_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
IDENT = b"\x7fELF\x02\x01\x01" + bytes(9)
ET_EXEC, EM_X86_64 = 2, 62
PT_LOAD, PT_NOTE = 1, 4
READ, ALL = 4, 7
NOTE = struct.Struct("<III4sQ")
PHYS32_ENTRY = 18  # XEN_ELFNOTE_PHYS32_ENTRY: Xen's include/public/elfnote.h


@frozen
class Segment:
    """Memory that an ELF file brings along."""

    start: int
    data: bytes


def used(memory: BinaryIO, ranges: Iterable[Range], gap: int = 0) -> Iterator[Segment]:
    """What is not zero in these ranges of a memory file, in whole pages and ascending.

    Args:
        memory: where the byte at each physical address is.
        ranges: ascending.
        gap: so many bytes of zeros, or fewer, are given along rather than left out.
    """
    zeros = bytes(PAGE)
    for each in ranges:
        start, kept = each.start, bytearray()
        trailing = 0  # bytes of zeros at the end of what is kept
        for place, page in _pages(memory, each):
            if page != zeros:
                if not kept:
                    start = place
                kept += page
                trailing = 0
            elif kept:
                kept += page
                trailing += PAGE
                if trailing > gap:
                    yield Segment(start, bytes(kept[:-trailing]))
                    kept.clear()
                    trailing = 0
        if kept:
            yield Segment(start, bytes(kept[: len(kept) - trailing]))


def _pages(memory: BinaryIO, where: Range) -> Iterator[tuple[int, bytes]]:
    for place in range(where.start, where.end, CHUNK):
        memory.seek(place)
        chunk = memory.read(min(CHUNK, where.end - place))
        for at in range(0, len(chunk), PAGE):
            yield place + at, chunk[at : at + PAGE]


def check(seal: Seal, size: int) -> None:
    """Sees that the memory can be where it is when a machine of ``size`` bytes starts.

    Raises:
        SealError: it cannot.
    """
    if seal.ranges[0].start < LOWEST:
        raise SealError(f"memory at {seal.ranges[0].start:#x}, which belongs to the firmware")
    if seal.ranges[-1].end > min(size, HIGHEST):
        raise SealError(f"memory up to {seal.ranges[-1].end:#x} of {size:#x} bytes")


def write_ram(seal: Seal, memory: BinaryIO, size: int, to: Path) -> None:
    """Writes ``image.ram``: sparse, of ``size`` bytes."""
    check(seal, size)
    with replacing(to) as fresh, fresh.open("wb") as file:
        os.truncate(file.fileno(), size)
        for segment in used(memory, seal.ranges):
            file.seek(segment.start)
            file.write(segment.data)


def write_start(seal: Seal, memory: BinaryIO, to: Path) -> None:
    """Writes ``start.elf``."""
    page = Range(seal.entry // PAGE * PAGE, seal.entry // PAGE * PAGE + PAGE)
    with replacing(to) as fresh:
        fresh.write_bytes(elf(seal.entry, used(memory, [page])))


def write_elf(seal: Seal, memory: BinaryIO, size: int, to: Path) -> None:
    """Writes ``image.elf``: sparse; boots by PVH in a machine of ``size`` bytes or more.

    ``memory`` is a file as ``image.ram`` is one, from which the pages are cloned.
    """
    check(seal, size)
    loads = [_of(segment) for segment in used(memory, seal.ranges, GAP)]
    head = _head(seal.entry, loads)
    with replacing(to) as fresh, fresh.open("wb") as file:
        os.truncate(file.fileno(), len(head) + sum(each.end - each.start for each in loads))
        file.write(head)
        file.flush()
        place = len(head)
        for load in loads:
            for segment in used(memory, [load]):
                _copy(memory, segment, file, place + segment.start - load.start)
            place += load.end - load.start


def _of(segment: Segment) -> Range:
    return Range(segment.start, segment.start + len(segment.data))


def _copy(memory: BinaryIO, segment: Segment, file: BinaryIO, place: int) -> None:
    """Copies by copy_file_range(2), which has some file systems share the blocks."""
    done, size = 0, len(segment.data)
    try:
        source, target = memory.fileno(), file.fileno()
        while done < size:
            at = segment.start + done
            count = os.copy_file_range(source, target, size - done, at, place + done)
            if count == 0:
                break
            done += count
    except OSError as error:
        if error.errno not in CANNOT_CLONE:
            raise
    if done < size:
        os.pwrite(file.fileno(), segment.data[done:], place + done)


def write_all(seal: Seal, memory: BinaryIO, size: int, folder: Path) -> Mapping[str, Path]:
    """Writes all three into a folder; by their names.

    Raises:
        SealError: the memory cannot be an image.
    """
    names = ("image.ram", "start.elf", "image.elf")
    paths = {name: folder / name for name in names}
    write_ram(seal, memory, size, paths["image.ram"])
    write_start(seal, memory, paths["start.elf"])
    with paths["image.ram"].open("rb") as ram:
        write_elf(seal, ram, size, paths["image.elf"])
    return paths


def elf(entry: int, segments: Iterable[Segment]) -> bytes:
    """An executable of these segments with the note that PVH looks for."""
    loads = list(segments)
    return b"".join((_head(entry, map(_of, loads)), *(load.data for load in loads)))


def _head(entry: int, places: Iterable[Range]) -> bytes:
    """All of an ELF file that comes before its segments, in whole pages."""
    loads = list(places)
    note = NOTE.pack(4, 8, PHYS32_ENTRY, b"Xen\0", entry)
    headers_end = ELF_HEADER.size + PROGRAM_HEADER.size * (len(loads) + 1)
    place = -(-(headers_end + len(note)) // PAGE) * PAGE
    headers = [
        PROGRAM_HEADER.pack(PT_NOTE, READ, headers_end, 0, 0, len(note), len(note), 4),
    ]
    for load in loads:
        size = load.end - load.start
        headers.append(
            PROGRAM_HEADER.pack(PT_LOAD, ALL, place, load.start, load.start, size, size, PAGE)
        )
        place += size
    header = ELF_HEADER.pack(
        IDENT, ET_EXEC, EM_X86_64, 1, entry, ELF_HEADER.size, 0, 0, ELF_HEADER.size,
        PROGRAM_HEADER.size, len(headers), 0, 0, 0,
    )  # fmt: skip
    start = b"".join((header, *headers, note))
    return start.ljust(-(-len(start) // PAGE) * PAGE, b"\0")
