"""Python's code objects in sealed memory: which line an instruction of bytecode belongs to.

The interpreter that runs this is the one that was sealed (images are made of the environment that
meshkernel runs in), so where it has a code object's parts is found by looking at one of its own.
"""

from __future__ import annotations

import ctypes
import sys
from bisect import bisect_right
from collections.abc import Iterator
from types import CodeType

from attrs import field, frozen

from benchmarks.blocks.memory import Memory

SAMPLE = (lambda: None).__code__.replace(co_firstlineno=0x5A11FE)  # a number found nowhere else
HEAD = sys.getsizeof("") - 1
"""Bytes of a string before its characters, where all of those are ASCII."""

BYTES_HEAD = sys.getsizeof(b"") - 1
UNIT = 2
"""Bytes of an instruction of bytecode."""

NO_OPERATION = 9
MOST = 1 << 16
"""Instructions of one function; what claims more is no code object."""
OBJECT_TYPE, SIZE, LENGTH = 8, 16, 16
"""Where an object has its type, a sized one its size, and a string its length."""


def _offset(wanted: bytes) -> int:
    found = ctypes.string_at(id(SAMPLE), sys.getsizeof(SAMPLE)).find(wanted)
    assert found > 0, "this interpreter has its code objects otherwise"
    return found


def _pointer(thing: object) -> int:
    return _offset(id(thing).to_bytes(8, "little"))


FIRST_LINE = _offset(SAMPLE.co_firstlineno.to_bytes(4, "little"))
FILE, NAME, LINES = (
    _pointer(each) for each in (SAMPLE.co_filename, SAMPLE.co_qualname, SAMPLE.co_linetable)
)
BYTECODE = _offset(SAMPLE._co_code_adaptive)  # type: ignore[attr-defined]


@frozen
class Code:
    """One code object. ``start`` and ``end`` are the addresses of its bytecode."""

    start: int
    end: int
    file: str
    name: str
    _first_line: int
    _lines: bytes

    def line(self, address: int) -> int:
        """Of the instruction there."""
        count = (self.end - self.start) // UNIT
        like: CodeType = SAMPLE.replace(
            co_code=bytes([NO_OPERATION, 0]) * count,
            co_linetable=self._lines,
            co_firstlineno=self._first_line,
        )
        at = address - self.start
        for start, end, line in like.co_lines():
            if start <= at < end:
                return line or self._first_line
        return self._first_line


@frozen
class Codes:
    """All code objects in a memory, by their bytecode."""

    _all: list[Code]
    _starts: list[int] = field(init=False)
    _places: dict[int, tuple[str, int] | None] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self._all.sort(key=lambda code: code.start)
        object.__setattr__(self, "_starts", [code.start for code in self._all])

    @classmethod
    def of(cls, memory: Memory, code_type: int) -> Codes:
        """``code_type``: the address of the type of code objects."""
        return cls(list(_found(memory, code_type)))

    def at(self, address: int) -> Code | None:
        """The one whose bytecode is there."""
        number = bisect_right(self._starts, address) - 1
        if number < 0 or address >= self._all[number].end:
            return None
        return self._all[number]

    def place(self, address: int) -> tuple[str, int] | None:
        """The function and the line of an instruction of bytecode."""
        if address not in self._places:
            code = self.at(address)
            place = code and (f"{code.file}:{code.name}", code.line(address))
            self._places[address] = place
        return self._places[address]


def _found(memory: Memory, code_type: int) -> Iterator[Code]:
    for place in memory.find(code_type):
        base = place - OBJECT_TYPE
        try:
            size = memory.word(base + SIZE)
            start = base + BYTECODE
            memory.read(start, min(size, MOST) * UNIT)
            if size > MOST:
                continue
            yield Code(
                start,
                start + size * UNIT,
                _text(memory, memory.word(base + FILE)),
                _text(memory, memory.word(base + NAME)),
                int.from_bytes(memory.read(base + FIRST_LINE, 4), "little"),
                _bytes(memory, memory.word(base + LINES)),
            )
        except (KeyError, UnicodeDecodeError, OverflowError):
            continue  # a pointer to the type that is in no code object


def _text(memory: Memory, address: int) -> str:
    return memory.read(address + HEAD, memory.word(address + LENGTH)).decode("ascii")


def _bytes(memory: Memory, address: int) -> bytes:
    return memory.read(address + BYTES_HEAD, memory.word(address + SIZE))
