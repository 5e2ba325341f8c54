"""Whose code is at an address: the file that is mapped there, and its function."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

from attrs import define, field
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from meshkernel.machine.debugging import symbols

KERNEL = 0xFFFF_8000_0000_0000
"""Of the library OS are the addresses from here on; at its own physical address it only starts."""


@define
class Origins:
    """Addresses of one running machine."""

    _files: list[tuple[int, str]] = field(factory=list)  # where each begins
    _functions: list[tuple[int, int, str]] = field(factory=list)  # start, end, name
    _known: dict[str, int] = field(factory=dict)

    @classmethod
    def of(cls, maps: str, image: Path) -> Origins:
        """Arguments as for `meshkernel.machine.debugging.symbols`."""
        found = cls()
        for line in maps.splitlines():
            address, _, path = line.partition(" ")
            found._files.append((int(address, 16), Path(path).name))
        for each in symbols(maps, image):
            found._functions += _functions(each.file, each.bias or 0)
        found._files.sort()
        found._functions.sort()
        found._known = {name: start for start, _, name in found._functions}
        return found

    def file(self, address: int) -> str:
        """The name of the file whose code is there."""
        if address >= KERNEL:
            return "library OS"
        number = bisect_right(self._files, (address, "\U0010ffff")) - 1
        return self._files[number][1] if number >= 0 else "firmware"

    def function(self, address: int) -> str:
        """The name of the function there, or of the file if that tells no more."""
        number = bisect_right(self._functions, (address, 1 << 64, "")) - 1
        if number >= 0:
            start, end, name = self._functions[number]
            if start <= address < end:
                return name
        return self.file(address)

    def place(self, name: str) -> int:
        """Where a function or a variable is."""
        return self._known[name]

    def spans(self, prefix: str) -> list[range]:
        """The addresses of the functions whose name begins so."""
        return [range(a, b) for a, b, name in self._functions if name.startswith(prefix)]


def _functions(path: Path, bias: int) -> Iterator[tuple[int, int, str]]:
    with path.open("rb") as file:
        for section in ELFFile(file).iter_sections():
            if not isinstance(section, SymbolTableSection):
                continue
            for symbol in section.iter_symbols():
                kind, start = symbol["st_info"]["type"], symbol["st_value"] + bias
                if kind in ("STT_FUNC", "STT_OBJECT") and symbol["st_value"]:
                    yield start, start + max(symbol["st_size"], 1), symbol.name
