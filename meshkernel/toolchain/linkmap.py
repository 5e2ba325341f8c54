"""The bytes of each library in a linked image, from the map that the linker writes.

A map lists each input section with its place, its size and the object that it comes from, those
that were dropped (``--gc-sections``) in a part of their own at the top. Strings that objects share
count for the first of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from attrs import frozen

START = "Linker script and memory map"
LOADED = frozenset({".text", ".rodata", ".note", ".data"})
ZEROED = ".bss"

_OUTPUT = re.compile(r"^(?P<section>[.\w/]+)(?:\s|$)")
# A long name of a section has a line of its own, and its place the next.
_INPUT = re.compile(
    r"^ (?P<section>[.\w*][^\s(]*)?\s+0x[0-9a-f]+\s+0x(?P<size>[0-9a-f]+)\s+(?P<object>/\S+)$"
)


@frozen
class LibrarySize:
    """What one library is in an image: bytes of its file, and bytes that are zero at boot."""

    bytes: int = 0
    zeroed: int = 0


def sizes(text: str, owners: Mapping[str, str]) -> dict[str, LibrarySize]:
    """The size of each library, by name; those of which nothing is linked, too.

    Args:
        text: the map.
        owners: the library of each object, by its path.
    """
    found = {library: LibrarySize() for library in sorted(set(owners.values()))}
    for section, size, path in inputs(text):
        library = owners.get(path)
        if library is None:
            continue
        known = found[library]
        if section in LOADED:
            found[library] = LibrarySize(known.bytes + size, known.zeroed)
        elif section == ZEROED:
            found[library] = LibrarySize(known.bytes, known.zeroed + size)
    return found


def inputs(text: str) -> Iterator[tuple[str, int, str]]:
    """Each input section that was linked: output section, size in bytes, path of the object."""
    output = ""
    for line in text.partition(START)[2].splitlines():
        if match := _INPUT.match(line):
            yield output, int(match["size"], 16), match["object"]
        elif match := _OUTPUT.match(line):
            output = match["section"]
