"""Requests and records as they travel: ``libos/abi/trace.h``."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from enum import IntEnum, IntFlag

from attrs import field, frozen

CALLS = 512
"""Numbers that can be asked for; a higher one counts as the last."""

HEAD = struct.Struct("<II8Q")
RULE = struct.Struct("<HBBBBHI")
BATCH = struct.Struct("<Q")
RECORD = struct.Struct("<HBBIQQq6Q")
PIECE = struct.Struct("<BBBBI")
STATE = struct.Struct("<II")
ONCE = 1


class Kind(IntEnum):
    """What is read of the application's memory."""

    BYTES = 1
    TEXT = 2
    COUNTED = 3
    RETURNED = 4
    LENGTH_AT = 5
    VECTOR = 6
    MESSAGE = 7
    VALUE = 8


class When(IntFlag):
    """At which moment it is read, and whether a new value makes a call new."""

    START = 1
    END = 2
    FEATURE = 4


class Event(IntEnum):
    """What a record tells."""

    ENTERED = 1
    RETURNED = 2


@frozen(order=True)
class Rule:
    """What to read at one argument of one call. ``unit`` and ``size`` in bytes; size bounds all."""

    number: int
    argument: int
    kind: Kind
    when: When
    size: int = 0
    other: int = 0
    unit: int = 1

    def encode(self) -> bytes:
        """As the library OS takes it."""
        return RULE.pack(
            self.number, self.argument, self.kind, self.when, self.other, self.unit, self.size
        )


@frozen
class Request:
    """What is to be traced: the numbers of calls, and what to read at each.

    Attributes:
        once: each call once, and once more for each new path below /proc, /dev or /sys, family of
            socket, and other feature of it.
    """

    numbers: frozenset[int]
    rules: tuple[Rule, ...]
    once: bool = False

    def encode(self) -> bytes:
        """As the library OS takes it: on the control channel, or in the boot configuration."""
        words = [0] * (CALLS // 64)
        for number in self.numbers:
            words[number // 64] |= 1 << number % 64
        rules = sorted(self.rules)
        head = HEAD.pack(ONCE if self.once else 0, len(rules), *words)
        return head + b"".join(rule.encode() for rule in rules)


@frozen
class Piece:
    """What was read at an argument. ``cut``: there was more; ``fault``: it could not be read."""

    data: bytes
    cut: bool = False
    fault: bool = False


@frozen
class Record:
    """The start or the end of a call. ``time`` in nanoseconds since the machine's boot."""

    event: Event
    tid: int
    time: int
    number: int
    arguments: tuple[int, ...]
    result: int = 0
    pieces: Mapping[int, Piece] = field(factory=dict)


@frozen
class Batch:
    """Records in the order in which they happened.

    Attributes:
        lost: how many before them are missing.
        raw: the frame that they were in, to be passed on.
    """

    lost: int
    records: tuple[Record, ...]
    raw: bytes = field(default=b"", repr=False, eq=False)


def decode(payload: bytes) -> Batch:
    """The contents of one frame.

    Raises:
        ValueError: it is not as ``abi/trace.h`` has it.
    """
    try:
        (lost,) = BATCH.unpack_from(payload)
        return Batch(lost, tuple(_records(payload)), payload)
    except struct.error as error:
        raise ValueError(f"a frame of the trace is cut short: {error}") from error


def _records(payload: bytes) -> Iterator[Record]:
    at = BATCH.size
    while at < len(payload):
        size, event, count, tid, time, number, result, *arguments = RECORD.unpack_from(payload, at)
        if size < RECORD.size or size % 8 or at + size > len(payload):
            raise ValueError(f"a record of {size} bytes makes no sense")
        pieces = dict(_pieces(payload[at + RECORD.size : at + size], count))
        yield Record(Event(event), tid, time, number, tuple(arguments), result, pieces)
        at += size


def _pieces(data: bytes, count: int) -> Iterator[tuple[int, Piece]]:
    at = 0
    for _ in range(count):
        argument, cut, fault, _, size = PIECE.unpack_from(data, at)
        start = at + PIECE.size
        if start + size > len(data):
            raise ValueError(f"{size} bytes of an argument do not fit into their record")
        yield argument, Piece(data[start : start + size], bool(cut), bool(fault))
        at = start + (size + 7) // 8 * 8
