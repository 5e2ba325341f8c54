"""The sealed memory as the program sees it: ``image.ram`` through its own page tables (Intel SDM,
volume 3A, section 4.5, four levels).
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path

from attrs import define, field

PAGE = 4096
PRESENT, LARGE = 1, 1 << 7
ADDRESS = 0x000F_FFFF_FFFF_F000
ENTRIES = 512
USER = ENTRIES // 2
"""Entries of the highest table for the half of the addresses that is the program's."""


@define
class Memory:
    """Memory at the seal. ``pages``: the physical address of each of the program's pages."""

    _ram: mmap.mmap
    pages: dict[int, int] = field(factory=dict)

    @classmethod
    def of(cls, ram: Path, root: int) -> Memory:
        """Of the file ``ram``, with the highest table at the physical address ``root`` (CR3)."""
        with ram.open("rb") as file:
            found = cls(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ))
        found.pages.update(found._walk(root & ADDRESS, 3, 0, USER))
        return found

    def _walk(self, table: int, level: int, base: int, count: int) -> Iterator[tuple[int, int]]:
        size = PAGE << (9 * level)
        for number, entry in enumerate(struct.unpack_from(f"<{count}Q", self._ram, table)):
            if not entry & PRESENT:
                continue
            address, target = base + number * size, entry & ADDRESS
            if level and not entry & LARGE:
                yield from self._walk(target, level - 1, address, ENTRIES)
            else:
                yield from ((address + at, target + at) for at in range(0, size, PAGE))

    def read(self, address: int, size: int) -> bytes:
        """Bytes of the program; KeyError where it had no page."""
        found = b""
        while len(found) < size:
            at = address + len(found)
            physical = self.pages[at // PAGE * PAGE] + at % PAGE
            found += self._ram[physical : physical + min(size - len(found), PAGE - at % PAGE)]
        return found

    def word(self, address: int) -> int:
        """The 64-bit number there."""
        return int.from_bytes(self.read(address, 8), "little")

    def find(self, word: int) -> Iterator[int]:
        """Where this 64-bit number lies in the program's memory, on a multiple of eight."""
        wanted = word.to_bytes(8, "little")
        for virtual, physical in self.pages.items():
            at = self._ram.find(wanted, physical, physical + PAGE)
            while at >= 0:
                if at % 8 == 0:
                    yield virtual + at - physical
                at = self._ram.find(wanted, at + 1, physical + PAGE)
