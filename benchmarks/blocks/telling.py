"""From the log of a start to its blocks: in which phase each was translated, and for whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from attrs import define, frozen

from benchmarks.blocks.log import Entry, Executed, Translated
from benchmarks.blocks.origins import KERNEL

FIRMWARE, LIBRARY_OS = "firmware", "library OS"
PHASES = (FIRMWARE, LIBRARY_OS, "to ready", "after ready", "first reply", "second reply")
SAMPLES = 20_000
"""Blocks of the interpreter's evaluation that tell which register it uses."""

Place = tuple[str, int]
"""A function of Python, and its line."""


@frozen
class Block:
    """A block that was translated. ``python`` is what ran in the interpreter, or empty."""

    phase: str
    address: int
    python: str
    line: int


@define
class Phases:
    """Which phase it is. ``ends``: the offsets in the log at which the later ones end."""

    _ends: tuple[int, ...]
    now: str = FIRMWARE

    def at(self, block: Translated) -> str:
        """The phase of the next block: the library OS's begins with its own addresses, that of the
        program with the first address that is not.
        """
        if self.now == FIRMWARE:
            self.now = LIBRARY_OS if block.address >= KERNEL else FIRMWARE
        elif self.now == LIBRARY_OS and block.address < KERNEL:
            self.now = PHASES[2]
        if self.now not in (FIRMWARE, LIBRARY_OS):
            passed = sum(block.offset > end for end in self._ends)
            self.now = PHASES[min(2 + passed, len(PHASES) - 1)]
        return self.now


def blocks(
    entries: Iterable[Entry],
    ends: tuple[int, ...],
    evaluates: Callable[[int], bool],
    register: int,
    place: Callable[[int], Place | None],
) -> Iterator[Block]:
    """All blocks, in the order in which they were translated.

    Args:
        entries: of the log.
        ends: as `Phases` has them.
        evaluates: whether an address is in the interpreter's evaluation of bytecode.
        register: in which that has its place in the bytecode.
        place: what is there.
    """
    phases = Phases(ends)
    python, line = "", 0
    for entry in entries:
        if isinstance(entry, Translated):
            yield Block(phases.at(entry), entry.address, python, line)
        elif evaluates(entry.address):
            python, line = place(entry.registers[register]) or (python, line)


def register_of(
    entries: Iterable[Entry], evaluates: Callable[[int], bool], is_code: Callable[[int], bool]
) -> int:
    """The register in which the interpreter has its place in the bytecode, as its compiler chose:
    the one that points to some most often; any, where the log has no registers.
    """
    counts: Counter[int] = Counter()
    executed = (each for each in entries if isinstance(each, Executed) and evaluates(each.address))
    for each in islice(executed, SAMPLES):
        counts.update(number for number, value in enumerate(each.registers) if is_code(value))
    return counts.most_common(1)[0][0] if counts else 0
