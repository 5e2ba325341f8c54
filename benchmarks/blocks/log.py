"""QEMU's own log of what it translates and executes.

Each block is written when it is translated, and, if that is asked for, the registers before each
that is executed, so what ran just before a block was new is known too. Lines are written as they
come: the size of the file says how far the machine was at a moment.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

ARGUMENTS = {True: "-d in_asm,cpu,nochain -D", False: "-d in_asm -D"}
"""Before the name of the file, with registers or without. ``nochain``: blocks that are linked would
be executed unseen.
"""

ENTRY = re.compile(
    rb"^IN: [^\n]*\n0x(?P<block>[0-9a-f]+)|^(?P<registers>RAX=.*\n.*\n.*\n.*\n)RIP=(?P<place>\w+)",
    re.MULTILINE,
)
VALUE = re.compile(rb"=([0-9a-f]{16})")


@frozen
class Translated:
    """A block that is new, by the address of its first instruction.

    Attributes:
        offset: in the log.
    """

    address: int
    offset: int


@frozen
class Executed:
    """A block that is executed next, in 64-bit mode."""

    address: int
    _registers: bytes

    @property
    def registers(self) -> list[int]:
        """RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP, and R8 to R15."""
        return [int(value, 16) for value in VALUE.findall(self._registers)]


Entry = Translated | Executed


def entries(log: Path) -> Iterator[Entry]:
    """What the log tells, in its order."""
    with log.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as text:
        for found in ENTRY.finditer(text):
            if (block := found["block"]) is not None:
                yield Translated(int(block, 16), found.start())
            else:
                yield Executed(int(found["place"], 16), found["registers"])
